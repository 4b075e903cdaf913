// What `hitwatch tap` says of a report.
#include "agent/cli/tap_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/cli/tap_layout.h"
#include "agent/cli/terminal_text.h"
#include "tests/cli/tap_reports.h"

namespace hitwatch::cli {
namespace {

using test::ReportOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<keys::Rule> catalog_and_session() {
  return {tap::test::rule("catalog:{tenant}:*", "catalog"),
          tap::test::rule("session:{id}", "session")};
}

tap::Report some_traffic() {
  return ReportOf(catalog_and_session())
      .hits("catalog:acme:1", 90, 2048)
      .misses("catalog:acme:2", 10)
      .writes("session:9", 50)
      .get();
}

TEST(TapText, TheTableHasRatesRatiosLatenciesAndBytesByPattern) {
  EXPECT_EQ(tap_table(rows_in_all(some_traffic(), 10), 20, std::nullopt),
            "PATTERN            TYPE    COMMANDS OPS/S HIT%   P50   P99      IN        OUT\n"
            "catalog:{tenant}:* catalog      100  10.0 90.0 238µs 250µs         18.0 KiB/s\n"
            "session:{id}       session       50  5.00      238µs 250µs 500 B/s\n");
}

TEST(TapText, WithoutTimeThereAreNoRates) {
  EXPECT_THAT(tap_table(rows_in_all(some_traffic(), 0), 20, std::nullopt), Not(HasSubstr("OPS/S")));
}

TEST(TapText, TypesThatAreOnlyMadeOfPatternsTakeNoRoom) {
  const tap::Report report = ReportOf().hits("session:17", 5).get();
  EXPECT_THAT(tap_table(rows_in_all(report, 10), 20, std::nullopt), Not(HasSubstr("TYPE")));
}

TEST(TapText, WhatDoesNotFitIsAddedUp) {
  EXPECT_THAT(tap_table(rows_in_all(some_traffic(), 10), 1, std::nullopt),
              HasSubstr("and 1 more: 50 commands\n"));
}

TEST(TapText, NothingSeenIsSaid) {
  EXPECT_EQ(tap_table(rows_in_all({}, 10), 20, 80), "no commands with keys so far\n");
}

TEST(TapText, TheHeadingSaysHowMuchOfItWasSeen) {
  tap::Report report = some_traffic();
  report.counters.packets = 1234;
  report.counters.bytes = 5 << 20;
  report.counters.connections = 1;
  report.counters.connections_seen = 3;
  EXPECT_EQ(tap_heading(report, "lo, port 6379", 10, std::nullopt),
            "lo, port 6379: 1,234 packets, 5.0 MiB in 10 s; 3 connections, 1 open\n"
            "150 commands, 15.0/s; 90.0% of the values asked for were there; 90.0% of the lookups "
            "whose reply tells\n");
}

TEST(TapText, EachReasonForDoubtHasALine) {
  tap::Report report;
  report.counters.dropped = 7;
  report.counters.cut = 8;
  report.counters.doubts.tls_connections = 1;
  report.counters.doubts.gaps = 2;
  report.counters.doubts.skipped_while_unsure = 5;
  report.counters.faults = {"eth7: no such interface\x1b[2J"};
  const std::string text = tap_heading(report, "lo", 1, std::nullopt);
  EXPECT_THAT(text, HasSubstr("- 7 packets dropped by the kernel"));
  EXPECT_THAT(text, HasSubstr("- 8 packets were cut short: what is behind the cut is not counted"));
  EXPECT_THAT(text, HasSubstr("- 1 connection is encrypted (TLS): not observable\n"));
  EXPECT_THAT(text, HasSubstr("- 2 gaps:"));
  EXPECT_THAT(text, HasSubstr("- 5 segments of requests not counted"));
  EXPECT_THAT(text, HasSubstr("- eth7: no such interface?[2J\n"));
}

TEST(TapText, WhereNoConnectionIsSeenItSaysWhereToLook) {
  tap::Report report;
  EXPECT_THAT(tap_heading(report, "lo", 1, std::nullopt),
              HasSubstr("- no connection to these ports: is it the interface"));
  report.counters.connections_seen = 1;
  EXPECT_THAT(tap_heading(report, "lo", 1, std::nullopt), Not(HasSubstr("no connection to")));
}

TEST(TapText, KeysFromTheWireDoNotSpeakToTheTerminal) {
  const tap::Report report =
      ReportOf().hits("evil\x1b[2J\n:" + std::string(5000, 'x'), 3, 1 << 20).get();
  for (const std::string& text :
       {tap_report(report, "lo", 1, 20, std::nullopt), tap_report(report, "lo", 1, 20, 80)}) {
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, HasSubstr("evil?[2J?:xxx"));
    EXPECT_LT(text.size(), 2000U);
  }
}

TEST(TapText, HotKeysSayHowSureTheyAre) {
  tap::Report report;
  report.hot_keys = {{.name = "a", .count = 500, .error = 0},
                     {.name = "b", .count = 90, .error = 40}};
  EXPECT_EQ(tap_hot_keys(report, 10, std::nullopt),
            "\nHOT KEY USES AT LEAST\na        500\nb         90       50\n");
  EXPECT_EQ(tap_hot_keys(report, 0, std::nullopt), "");
}

TEST(TapText, TheReportHasAllTables) {
  const std::string text = tap_report(some_traffic(), "lo, port 6379", 10, 20, 80);
  for (const std::string_view title :
       {"PATTERN", "OPERATION", "HOT KEY", "HOT TENANT", "BIG VALUE", "CLIENT"}) {
    EXPECT_THAT(text, HasSubstr("\n" + std::string(title) + " "));
  }
  EXPECT_THAT(text, HasSubstr("ioredis"));
}

TEST(TapRows, RatesAreOfTheTimeBetweenTwoReports) {
  ReportOf traffic(catalog_and_session());
  traffic.hits("catalog:acme:1", 1000);
  const tap::Report before = traffic.get();
  traffic.misses("catalog:acme:1", 50).writes("session:9", 20);
  const auto rows = rows_between(before, traffic.get(), 5, 100);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].pattern, "catalog:{tenant}:*");
  EXPECT_EQ(rows[0].figures.commands, 50U);
  EXPECT_EQ(rows[0].figures.hits, 0U);
  EXPECT_EQ(rows[0].seconds, 5);
  // One that was not there before.
  EXPECT_EQ(rows[1].figures.commands, 20U);
  EXPECT_EQ(rows[1].seconds, 100);
}

TEST(TapRows, APatternThatLostKeysToAnotherIsCountedAnew) {
  tap::Report before;
  before.rows = {{.pattern = "a:{id}", .type = "a", .figures = {.commands = 100}, .examples = {}}};
  tap::Report now = before;
  now.rows[0].figures.commands = 40;
  const auto rows = rows_between(before, now, 5, 100);
  EXPECT_EQ(rows[0].figures.commands, 40U);
  EXPECT_EQ(rows[0].seconds, 100);
}

class TapLayout : public testing::TestWithParam<std::pair<std::size_t, std::size_t>> {};

TEST_P(TapLayout, FitsTheScreen) {
  ReportOf traffic;
  for (int i = 0; i < 60; ++i) {
    std::string type = "type";
    for (int letter = 0; letter < 3; ++letter) type += static_cast<char>('a' + (i >> letter) % 7);
    traffic.hits(type + ":product:" + std::to_string(i), 3).hits(type, 1);
  }
  const tap::Report report = traffic.get();
  const auto rows = rows_in_all(report, 10);
  const auto [height, width] = GetParam();
  const auto lines =
      lay_out_tap({.report = report, .rows = rows, .subject = "lo, port 6379", .seconds = 10},
                  {.rows = height, .columns = width});
  EXPECT_LE(lines.size(), height);
  for (const Line& line : lines) {
    ASSERT_EQ(line.size(), 1U);
    EXPECT_LE(columns_of(line[0].text), width);
  }
}

INSTANTIATE_TEST_SUITE_P(TapText, TapLayout,
                         testing::Values(std::pair(1, 1), std::pair(3, 20), std::pair(10, 80),
                                         std::pair(24, 80), std::pair(60, 200)));

TEST(TapLayout, ATallScreenHasHotKeysAndBigValuesToo) {
  const tap::Report report = some_traffic();
  const auto rows = rows_in_all(report, 10);
  std::string text;
  for (const Line& line :
       lay_out_tap({.report = report, .rows = rows, .subject = "lo", .seconds = 1},
                   {.rows = 40, .columns = 80})) {
    text += line[0].text + '\n';
  }
  EXPECT_THAT(text, StartsWith("lo: "));
  EXPECT_THAT(text, HasSubstr("\nHOT KEY"));
  EXPECT_THAT(text, HasSubstr("\nBIG VALUE"));
}

}  // namespace
}  // namespace hitwatch::cli
