// Reading mappings: what differs between one kind of file and another.
#include "agent/yaml/section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

namespace hitwatch::yaml {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kTopKeys = std::to_array<std::string_view>({"poll", "targets"});

std::vector<std::string> lines_of(Reader& reader) {
  std::vector<std::string> lines;
  for (const Fault& fault : reader.take_faults()) lines.push_back(to_string(fault));
  return lines;
}

TEST(Reader, ReplacesVariablesOnlyIfAsked) {
  ASSERT_EQ(::setenv("HITWATCH_TEST_WORD", "value", 1), 0);
  const Node node = *parse_document("'${HITWATCH_TEST_WORD} $$ $2y$10$'", "f");
  Reader expanding("f", {.expand_environment = true});
  EXPECT_EQ(expanding.text(node, ""), "value $ $2y$10$");
  Reader literal("f", {});
  EXPECT_EQ(literal.text(node, ""), "${HITWATCH_TEST_WORD} $$ $2y$10$");
}

TEST(Reader, TellsFaultsInTheOrderOfTheirPlaceAndNotWithoutEnd) {
  Reader reader("f", {});
  for (int line = 200; line > 0; --line) {
    Node node;
    node.line = line;
    node.column = 1;
    reader.fault(node, "", "wrong");
  }
  const std::vector<Fault> faults = reader.take_faults();
  ASSERT_EQ(faults.size(), 101U);
  EXPECT_EQ(to_string(faults.front()), "f:1:1: wrong");
  EXPECT_EQ(to_string(faults.back()), "f: and 100 more faults");
}

TEST(Mapping, KnowsKeysOfTheTopOnlyWhereTheFileHasThem) {
  const Node node = *parse_document("poll: 1\ntarget: 2\n", "f");
  Reader with("f", {.top_keys = kTopKeys});
  Mapping(with, node, "web").finish();
  EXPECT_THAT(lines_of(with),
              ElementsAre("f:1:1: web.poll: unknown key here; 'poll' stands at the top of the file",
                          "f:2:1: web.target: unknown key, did you mean 'targets'?"));
  Reader without("f", {});
  Mapping(without, node, "web").finish();
  EXPECT_THAT(lines_of(without),
              ElementsAre("f:1:1: web.poll: unknown key", "f:2:1: web.target: unknown key"));
}

TEST(Mapping, GivesEntriesUnderKeysOfTheAuthor) {
  const Node node = *parse_document("alice: 1\n'a b': 2\nalice: 3\n", "f");
  Reader reader("f", {});
  Mapping mapping(reader, node, "users");
  const std::vector<Entry> entries = mapping.read_entries();
  mapping.finish();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].value.path, "users.alice");
  EXPECT_EQ(entries[1].key->text, "a b");
  EXPECT_EQ(entries[1].value.path, "users.'a b'");
  EXPECT_THAT(lines_of(reader), ElementsAre("f:3:1: users.alice: given twice, first in line 1"));
}

TEST(Mapping, HasNoEntriesIfItIsNone) {
  const Node node = *parse_document("[a, b]", "f");
  Reader reader("f", {});
  Mapping mapping(reader, node, "users");
  EXPECT_THAT(mapping.read_entries(), IsEmpty());
  EXPECT_THAT(lines_of(reader),
              ElementsAre("f:1:1: users: must be a mapping of keys to values, not a list"));
}

TEST(Fault, ManyAreALineEach) {
  const std::vector<Fault> faults{{"f", 1, 2, "a"}, {"f", 0, 0, "b"}};
  EXPECT_EQ(to_string(faults), "f:1:2: a\nf: b");
}

}  // namespace
}  // namespace hitwatch::yaml
