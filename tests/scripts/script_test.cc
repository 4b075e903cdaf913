// Scripts, by the commands that are read.
#include "rules/scripts/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hitwatch::scripts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

std::vector<Command> read(std::string_view text) {
  auto commands = parse_script(text);
  EXPECT_TRUE(commands) << commands.error().line << ": " << commands.error().text;
  return commands ? *std::move(commands) : std::vector<Command>();
}

std::string fault(std::string_view text) {
  const auto commands = parse_script(text);
  return commands ? "none" : std::to_string(commands.error().line) + ": " + commands.error().text;
}

Eval read_eval(std::string_view text) {
  const auto commands = read(text);
  const auto* const eval =
      commands.size() == 1 ? std::get_if<Eval>(&commands.front().what) : nullptr;
  EXPECT_TRUE(eval != nullptr);
  return eval == nullptr ? Eval() : *eval;
}

TEST(Script, IsAListOfCommands) {
  const auto commands =
      read("load 5m\n  up 1\n\neval instant at 5m up\n  up 1\n\nCLEAR\n# nothing\n");
  ASSERT_THAT(commands, SizeIs(3));
  EXPECT_EQ(commands[0].line, 1);
  EXPECT_EQ(commands[1].line, 4);
  EXPECT_EQ(commands[2].line, 7);
}

TEST(Script, LoadsSeries) {
  const auto commands = read("load 90s\n  up{job=\"a b\"}\t1+1x2 _\n  {} 5\n  up {x='}'} 1\n");
  ASSERT_THAT(commands, SizeIs(1));
  const auto& load = std::get<Load>(commands[0].what);
  EXPECT_EQ(load.step, 90'000);
  ASSERT_THAT(load.series, SizeIs(3));
  EXPECT_THAT(load.series[0].labels,
              ElementsAre(metrics::Label{"__name__", "up"}, metrics::Label{"job", "a b"}));
  EXPECT_THAT(load.series[0].values, SizeIs(4));
  EXPECT_THAT(load.series[1].labels, IsEmpty());
  EXPECT_THAT(load.series[2].labels,
              ElementsAre(metrics::Label{"__name__", "up"}, metrics::Label{"x", "}"}));
}

TEST(Script, EndsACommandAtACommentOrAnEmptyLine) {
  const auto commands = read("eval instant at 5m up\n  up 1\n  # the rest\nload 1m\n\nload 2m\n");
  EXPECT_THAT(commands, SizeIs(3));
}

TEST(Script, RecognisesStartTimesAndHistograms) {
  const auto commands = read("load_with_nhcb 1m\n  x@st 1 2 3\n  y {{sum:1}} 1\n");
  const auto& load = std::get<Load>(commands.at(0).what);
  EXPECT_TRUE(load.makes_histograms);
  ASSERT_THAT(load.series, SizeIs(2));
  EXPECT_TRUE(load.series[0].start_times);
  EXPECT_THAT(load.series[1].values, SizeIs(2));
}

TEST(Script, EvaluatesAtAnInstant) {
  const Eval eval = read_eval("eval instant at 1h5m sum(x) by (y) > 5\n  {y=\"1\"} 6\n");
  EXPECT_FALSE(eval.range);
  EXPECT_EQ(eval.steps.start, 3'900'000);
  EXPECT_EQ(eval.query, "sum(x) by (y) > 5");
  EXPECT_THAT(eval.series, SizeIs(1));
}

TEST(Script, EvaluatesOverARange) {
  const Eval eval = read_eval("eval range from 1m to 3m step 30s x\n  x 1 _ 3\n");
  EXPECT_TRUE(eval.range);
  EXPECT_EQ(eval.steps.start, 60'000);
  EXPECT_EQ(eval.steps.end, 180'000);
  EXPECT_EQ(eval.steps.step, 30'000);
}

TEST(Script, ExpectsNumbers) {
  EXPECT_THAT(read_eval("eval instant at 0 1\n  -1.5e3\n").scalar, Optional(-1500.0));
  EXPECT_THAT(read_eval("eval instant at 0 1\n  0x1f\n").scalar, Optional(31.0));
  EXPECT_EQ(read_eval("eval instant at 0 1\n").scalar, std::nullopt);
}

TEST(Script, ExpectsTexts) {
  EXPECT_THAT(read_eval("eval instant at 0 \"a\"\n  expect string \"a\\tb\"\n").text,
              Optional(std::string("a\tb")));
  EXPECT_THAT(read_eval("eval instant at 0 \"a\"\n  expect string `a\\tb`\n").text,
              Optional(std::string("a\\tb")));
}

TEST(Script, ExpectsNotesAndErrors) {
  const Eval eval = read_eval(
      "eval instant at 0 x\n"
      "  expect warn msg: first (1:2)\n"
      "  expect warn regex:sec.nd\n"
      "  expect no_info\n"
      "  expect ordered\n"
      "  expect fail\n");
  ASSERT_THAT(eval.warnings, SizeIs(2));
  EXPECT_TRUE(eval.warnings[0].matches("first (1:2)"));
  EXPECT_FALSE(eval.warnings[0].matches("first (1:2) and more"));
  EXPECT_TRUE(eval.warnings[1].matches("the second one"));
  EXPECT_TRUE(eval.no_infos);
  EXPECT_FALSE(eval.no_warnings);
  EXPECT_TRUE(eval.ordered);
  ASSERT_TRUE(eval.fail);
  EXPECT_TRUE(eval.fail->matches("anything"));
}

TEST(Script, KnowsTheOldForms) {
  const Eval fails = read_eval("eval_fail instant at 0 x\n  expected_fail_message no such thing\n");
  ASSERT_TRUE(fails.fail);
  EXPECT_TRUE(fails.fail->matches("no such thing"));
  EXPECT_FALSE(fails.fail->matches("no such things"));
  EXPECT_TRUE(read_eval("eval_ordered instant at 0 x\n").ordered);
  EXPECT_THAT(read_eval("eval_warn range from 0 to 1s step 1s x\n").warnings, SizeIs(1));
  EXPECT_THAT(read_eval("eval_info instant at 0 x\n").infos, SizeIs(1));
}

TEST(Script, ExpectsARangeVectorOfAnInstantQuery) {
  const Eval eval =
      read_eval("eval instant at 2m x[2m]\n  expect range vector from 1m to 2m step 1m\n  x 1 2\n");
  ASSERT_TRUE(eval.matrix);
  EXPECT_EQ(eval.matrix->start, 60'000);
  EXPECT_THAT(eval.series, SizeIs(1));
}

TEST(Script, NamesTheLineAtFault) {
  EXPECT_EQ(fault("\nlaod 5m\n"), "2: 'laod' is no command: there are clear, load and eval");
  EXPECT_THAT(fault("load 5q\n"), HasSubstr("1: "));
  EXPECT_THAT(fault("load 0\n"), HasSubstr("1: samples must lie apart"));
  EXPECT_THAT(fault("load 5m\n  x 1\n  x y\n"), HasSubstr("3: 'y' is no value"));
  EXPECT_THAT(fault("load 5m\n  x{a=~\"b\"} 1\n"), HasSubstr("2: "));
  EXPECT_THAT(fault("load 5m\n  x{a=\"b\", a=\"c\"} 1\n"), HasSubstr("the label a twice"));
  EXPECT_THAT(fault("eval instant at 5m\n"), HasSubstr("1: write: eval instant"));
  EXPECT_THAT(fault("eval instant at 0 x\n  x 1 2\n"), HasSubstr("2: an instant query has one"));
  EXPECT_THAT(fault("eval instant at 0 x\n  expect luck\n"), HasSubstr("2: unknown expectation"));
  EXPECT_THAT(fault("eval instant at 0 x\n  expect fail regex: (\n"),
              HasSubstr("2: '(' is no regular expression"));
  EXPECT_THAT(fault("eval range from 5m to 1m step 1m x\n"), HasSubstr("the end lies before"));
}

TEST(Script, HoldsABoundedNumberOfValues) {
  std::string script = "load 1m\n";
  for (int i = 0; i < 5; ++i) script += "  x 1x999999\n";
  EXPECT_EQ(fault(script), "none");
  EXPECT_THAT(fault(script + "  y 1\n"), HasSubstr("7: more than 5000000 values"));
}

}  // namespace
}  // namespace hitwatch::scripts
