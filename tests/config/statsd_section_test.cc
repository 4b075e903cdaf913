// The section apps.statsd: what it means and what is said when it is wrong.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/config/config.h"
#include "tests/config/faults.h"

namespace hitwatch::config {
namespace {

using apps::StatsdAddress;
using apps::StatsdMeaning;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Transport = StatsdAddress::Transport;

apps::StatsdOptions statsd_of(const std::string& statsd) {
  const auto config = load_text("apps: {statsd: " + statsd + "}", "h.yaml");
  if (config) return config->apps.statsd;
  for (const Fault& fault : config.error()) ADD_FAILURE() << to_string(fault);
  return {};
}

std::vector<std::string> statsd_faults(const std::string& statsd) {
  return faults_of("apps: {statsd: " + statsd + "}");
}

TEST(StatsdSection, WithoutItThreeAddressesOfThisMachineAreTried) {
  const auto config = load_text("", "h.yaml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->apps.statsd, apps::StatsdOptions{});
  EXPECT_EQ(statsd_of("{}"), apps::StatsdOptions{});
  EXPECT_EQ(statsd_of("{listen: }"), apps::StatsdOptions{});
  EXPECT_TRUE(config->apps.statsd.listen_by_default);
  ASSERT_EQ(config->apps.statsd.listen.size(), 3U);
}

TEST(StatsdSection, ListenReplacesTheDefault) {
  const auto options = statsd_of(
      R"({listen: ["udp://[::1]:9125", "tcp://:8125", "unixgram:///tmp/s.sock", "udp://h:0"]})");
  EXPECT_FALSE(options.listen_by_default);
  EXPECT_THAT(
      options.listen,
      ElementsAre(StatsdAddress{.transport = Transport::kUdp,
                                .host = "::1",
                                .port = 9125,
                                .text = "udp://[::1]:9125"},
                  StatsdAddress{.transport = Transport::kTcp, .port = 8125, .text = "tcp://:8125"},
                  StatsdAddress{.transport = Transport::kUnixgram,
                                .path = "/tmp/s.sock",
                                .text = "unixgram:///tmp/s.sock"},
                  StatsdAddress{
                      .transport = Transport::kUdp, .host = "h", .port = 0, .text = "udp://h:0"}));
}

TEST(StatsdSection, AnEmptyListSwitchesItOff) {
  const auto options = statsd_of("{listen: []}");
  EXPECT_THAT(options.listen, IsEmpty());
  EXPECT_FALSE(options.listen_by_default);
}

TEST(StatsdSection, MappingKeepsItsOrder) {
  const auto options = statsd_of(
      R"({mapping: [{match: "myapp.{tenant}.hit", as: hit}, {match: a.miss, as: miss},
                    {match: a.error, as: error}, {match: a.time, as: latency}]})");
  EXPECT_TRUE(options.listen_by_default);
  ASSERT_EQ(options.mapping.size(), 4U);
  EXPECT_EQ(options.mapping[0].match.text(), "myapp.{tenant}.hit");
  EXPECT_EQ(options.mapping[0].kind, StatsdMeaning::Kind::kHit);
  EXPECT_EQ(options.mapping[1].kind, StatsdMeaning::Kind::kMiss);
  EXPECT_EQ(options.mapping[2].kind, StatsdMeaning::Kind::kError);
  EXPECT_EQ(options.mapping[3].kind, StatsdMeaning::Kind::kLatency);
}

TEST(StatsdSection, AnAddressNeedsASchemeAPortAndAPath) {
  for (const std::string address : {"127.0.0.1:8125", "http://a:1", "unix:///s", "UDP://a:1", ""}) {
    EXPECT_THAT(statsd_faults(fmt::format("{{listen: [\"{}\"]}}", address)),
                ElementsAre(AllOf(HasSubstr("h.yaml:1:26: apps.statsd.listen[0]: "),
                                  HasSubstr("not an address for StatsD"))))
        << address;
  }
  EXPECT_THAT(statsd_faults(R"({listen: ["udp://a"]})"), ElementsAre(HasSubstr("port is missing")));
  EXPECT_THAT(statsd_faults(R"({listen: ["udp://::1:8125"]})"), ElementsAre(HasSubstr("brackets")));
  EXPECT_THAT(statsd_faults(R"({listen: ["tcp://a:8125/"]})"),
              ElementsAre(HasSubstr("0 to 65535")));
  EXPECT_THAT(statsd_faults(R"({listen: ["unixgram://s.sock"]})"),
              ElementsAre(HasSubstr("three slashes")));
  EXPECT_THAT(statsd_faults(R"({listen: ["unixgram:///run/"]})"),
              ElementsAre(HasSubstr("three slashes")));
  EXPECT_THAT(statsd_faults("{listen: [\"unixgram:///" + std::string(107, 'x') + "\"]}"),
              ElementsAre(HasSubstr("107 bytes")));
  EXPECT_THAT(statsd_faults("{listen: \"udp://a:1\"}"), ElementsAre(HasSubstr("must be a list")));
}

TEST(StatsdSection, AnAddressStandsOnce) {
  EXPECT_THAT(statsd_faults(R"({listen: ["udp://a:1", "tcp://a:1", "udp://a:1"]})"),
              ElementsAre(HasSubstr("apps.statsd.listen[2]: given twice")));
  EXPECT_THAT(statsd_of(R"({listen: ["udp://a:0", "udp://a:0"]})").listen, testing::SizeIs(2));
}

TEST(StatsdSection, AnEntryOfTheMappingNeedsBothKeys) {
  EXPECT_THAT(
      statsd_faults("{mapping: [{match: a}, {as: hit}, {}]}"),
      ElementsAre(HasSubstr("mapping[0]: has no 'as'"), HasSubstr("mapping[1]: has no match"),
                  HasSubstr("mapping[2]: has no 'as'"), HasSubstr("mapping[2]: has no match")));
  EXPECT_THAT(statsd_faults("{mapping: [{match: a, as: hits}]}"),
              ElementsAre(HasSubstr("'hits' is none of hit, miss, error, latency")));
  EXPECT_THAT(statsd_faults("{mapping: [{match: a, as: hit, tenant: x}]}"),
              ElementsAre(HasSubstr("mapping[0].tenant: unknown key")));
}

TEST(StatsdSection, ATemplateThatIsWrongIsExplained) {
  EXPECT_THAT(
      statsd_faults(R"({mapping: [{match: "a.{tenant", as: hit}]})"),
      ElementsAre(AllOf(HasSubstr("apps.statsd.mapping[0].match: "), HasSubstr("at byte"))));
  EXPECT_THAT(statsd_faults("{mapping: [{match: {tenant}, as: hit}]}"),
              ElementsAre(HasSubstr("put templates in quotes")));
}

TEST(StatsdSection, ListsHaveBounds) {
  std::string addresses;
  for (int i = 1; i <= 17; ++i) addresses += fmt::format("\"udp://a:{}\",", i);
  EXPECT_THAT(statsd_faults("{listen: [" + addresses + "]}"),
              ElementsAre(HasSubstr("more than 16 addresses")));
  std::string entries;
  for (int i = 0; i <= 1000; ++i) entries += fmt::format("{{match: a{}, as: hit}},", i);
  EXPECT_THAT(statsd_faults("{mapping: [" + entries + "]}"),
              ElementsAre(HasSubstr("more than 1000 entries")));
}

TEST(StatsdSection, UnknownKeysAreFaults) {
  EXPECT_THAT(statsd_faults("{port: 8125}"),
              ElementsAre(HasSubstr("apps.statsd.port: unknown key; the keys here are listen, "
                                    "mapping")));
}

}  // namespace
}  // namespace hitwatch::config
