#include "agent/cli/top_layout.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

TenantRow row(std::string tenant, double hits, double misses) {
  WindowFigures figures{.hits = hits, .misses = misses, .lookups = hits + misses};
  if (figures.lookups > 0) {
    figures.hit_ratio = hits / figures.lookups;
    figures.hit_ratio_low = *figures.hit_ratio * 0.95;
    figures.hit_ratio_high = std::min(1.0, *figures.hit_ratio * 1.05);
    figures.p50_seconds = figures.p95_seconds = figures.p99_seconds = 0.0004;
  }
  return {.tenant = std::move(tenant),
          .type = "catalog",
          .layer = "redis",
          .source = "statsd",
          .windows = {figures, figures, figures}};
}

TopView view_of(std::vector<TenantRow> rows) {
  TopView view;
  view.url = "http://127.0.0.1:9121";
  view.age_seconds = 2;
  view.answer = TopAnswer{.covered_seconds = {60, 300, 900}, .total_rows = rows.size(), .rows = {}};
  view.answer->rows = std::move(rows);
  return view;
}

std::string text_of(const Line& line) {
  std::string text;
  for (const Span& span : line) text += span.text;
  return text;
}

Style style_of(const Line& line, const std::string& text) {
  for (const Span& span : line) {
    if (span.text.contains(text)) return span.style;
  }
  return Style::kPlain;
}

TEST(TopLayout, EightyColumnsHoldEveryFigure) {
  const auto lines = lay_out(view_of({row("acme", 900, 100)}), {24, 80});
  ASSERT_EQ(lines.size(), 24U);
  EXPECT_EQ(text_of(lines[0]), "hitwatch http://127.0.0.1:9121  last 5m  2 s ago  1 row");
  EXPECT_EQ(text_of(lines[1]), "descending by misses");
  EXPECT_EQ(text_of(lines[2]),
            "TENANT TYPE    LAYER SOURCE LOOKUPS/s  HIT%     ± MISSES   ERR   p50   p95   p99");
  EXPECT_EQ(text_of(lines[3]),
            "acme   catalog redis statsd      3.33  90.0  ±4.5    100     0 400µs 400µs 400µs");
  EXPECT_TRUE(text_of(lines[23]).starts_with("q quit"));
  EXPECT_TRUE(text_of(lines[23]).ends_with("h help"));
}

TEST(TopLayout, LongNamesAreCutBeforeFiguresGo) {
  const auto lines = lay_out(view_of({row(std::string(128, 'x'), 900, 100)}), {24, 80});
  EXPECT_TRUE(text_of(lines[3]).contains("xxx… catalog ")) << text_of(lines[3]);
  EXPECT_TRUE(text_of(lines[3]).ends_with("400µs 400µs 400µs"));
  EXPECT_EQ(columns_of(text_of(lines[3])), 80U);
}

TEST(TopLayout, NarrowScreensKeepTheRatio) {
  const auto lines = lay_out(view_of({row("acme", 900, 100)}), {24, 30});
  EXPECT_EQ(text_of(lines[2]), "TENANT TYPE     HIT%     ±");
}

TEST(TopLayout, WhatTellsRowsApartIsKept) {
  TenantRow first = row(std::string(40, 'x'), 900, 100);
  TenantRow second = first;
  second.source = "stats_endpoint";
  const auto by_source = lay_out(view_of({first, second}), {24, 80});
  EXPECT_TRUE(text_of(by_source[2]).contains("SOURCE")) << text_of(by_source[2]);
  EXPECT_FALSE(text_of(by_source[2]).contains("LAYER")) << "the same in all rows";
  EXPECT_TRUE(text_of(by_source[3]).contains(" statsd ")) << text_of(by_source[3]);
  EXPECT_TRUE(text_of(by_source[4]).contains(" stats_e")) << text_of(by_source[4]);

  second.layer = "memory";
  const auto by_both = lay_out(view_of({first, second}), {24, 80});
  EXPECT_TRUE(text_of(by_both[2]).contains("LAYER")) << text_of(by_both[2]);
  EXPECT_TRUE(text_of(by_both[2]).contains("SOURCE")) << text_of(by_both[2]);
  EXPECT_TRUE(text_of(by_both[2]).ends_with("p99")) << text_of(by_both[2]);
  EXPECT_TRUE(text_of(by_both[4]).contains(" memory stats_e")) << text_of(by_both[4]);
}

TEST(TopLayout, FiguresGoBeforeWhatTellsRowsApart) {
  TenantRow other = row("acme", 900, 100);
  other.source = "http";
  const auto lines = lay_out(view_of({row("acme", 900, 100), other}), {24, 40});
  EXPECT_EQ(text_of(lines[2]), "TENANT TYPE    SOURCE  HIT%     ± MISSES");
}

TEST(TopLayout, TheFiltersAreShown) {
  TopView view = view_of({row("acme", 900, 100)});
  view.state.query.layer = "redis";
  view.state.query.source = "http";
  EXPECT_EQ(text_of(lay_out(view, {24, 80})[1]), "descending by misses  layer redis  source http");
}

TEST(TopLayout, TheSortedColumnIsMarked) {
  TopView view = view_of({row("acme", 900, 100)});
  EXPECT_EQ(style_of(lay_out(view, {24, 80})[2], "MISSES"), Style::kSortedHeader);
  view.state.query.sort = SortKey::kP99;
  EXPECT_EQ(style_of(lay_out(view, {24, 80})[2], "p99"), Style::kSortedHeader);
  EXPECT_EQ(style_of(lay_out(view, {24, 80})[2], "MISSES"), Style::kHeader);
}

TEST(TopLayout, ARatioIsOnlyBadWhereChanceCannotExplainIt) {
  const auto lines = lay_out(
      view_of({row("fine", 900, 100), row("unsure", 79, 21), row("bad", 50, 50)}), {24, 80});
  EXPECT_EQ(style_of(lines[3], "90.0"), Style::kPlain);
  EXPECT_EQ(style_of(lines[4], "79.0"), Style::kDoubtful);
  EXPECT_EQ(style_of(lines[5], "50.0"), Style::kBad);
}

TEST(TopLayout, WithoutTrafficThereAreNoFiguresToRead) {
  const auto lines = lay_out(view_of({row("idle", 0, 0)}), {24, 80});
  EXPECT_TRUE(text_of(lines[3]).starts_with("idle   catalog redis statsd      0.00 "))
      << text_of(lines[3]);
  EXPECT_FALSE(text_of(lines[3]).contains('%'));
  EXPECT_FALSE(text_of(lines[3]).contains("nan"));
}

TEST(TopLayout, ARowWithoutTenantShowsThatThereIsNone) {
  EXPECT_TRUE(
      text_of(lay_out(view_of({row("", 1, 1)}), {24, 80})[3]).starts_with("-      catalog"));
}

TEST(TopLayout, TheProblemIsShownAboveTheLastFigures) {
  TopView view = view_of({row("acme", 900, 100)});
  view.problem = "cannot reach http://127.0.0.1:9121: Connection refused";
  const auto lines = lay_out(view, {24, 80});
  EXPECT_EQ(text_of(lines[1]), view.problem + "; trying again");
  EXPECT_EQ(style_of(lines[1], "cannot"), Style::kWarning);
  EXPECT_TRUE(text_of(lines[3]).starts_with("acme"));
}

TEST(TopLayout, BeforeTheFirstAnswerItSaysSo) {
  TopView view;
  view.url = "http://127.0.0.1:9121";
  EXPECT_EQ(text_of(lay_out(view, {24, 80})[1]), "Asking the daemon.");
}

TEST(TopLayout, AYoungDaemonHasNotSeenTheWholeWindow) {
  TopView view = view_of({row("acme", 900, 100)});
  view.answer->covered_seconds = {60, 132, 132};
  view.answer->total_rows = 1234;
  EXPECT_EQ(text_of(lay_out(view, {24, 80})[0]),
            "hitwatch http://127.0.0.1:9121  last 5m (132 s so far)  2 s ago  1/1234 rows");
}

TEST(TopLayout, ScrollingPastAShorterTableShowsItsEnd) {
  TopView view = view_of({row("first", 1, 1), row("second", 1, 1)});
  view.state.first_row = 50;
  EXPECT_TRUE(text_of(lay_out(view, {24, 80})[3]).starts_with("first"));
}

TEST(TopLayout, WhateverTheScreenNothingIsWiderOrLonger) {
  std::mt19937 random(11);
  const std::string names[] = {"acme", "会社テナント有限",  std::string(200, 'y'),
                               "",     "evil\x1b[2J\nname", "e\u0301te\u0301"};
  for (int round = 0; round < 600; ++round) {
    std::vector<TenantRow> rows;
    for (std::size_t n = random() % 40; n > 0; --n) {
      rows.push_back(row(names[random() % std::size(names)], static_cast<double>(random()),
                         static_cast<double>(random())));
    }
    TopView view = view_of(std::move(rows));
    view.state.mode = static_cast<TopMode>(random() % 4);
    view.state.first_row = random() % 50;
    view.state.input = names[random() % std::size(names)];
    if (random() % 2 == 0) view.problem = names[random() % std::size(names)];
    const ScreenSize size{random() % 40, random() % 140};
    const auto lines = lay_out(view, size);
    EXPECT_LE(lines.size(), size.rows);
    for (const Line& line : lines) {
      EXPECT_LE(columns_of(text_of(line)), size.columns) << text_of(line);
      EXPECT_EQ(printable(text_of(line)), text_of(line));
    }
  }
}

TEST(TopLayout, PlainTextHasWholeNamesAndNoEscapes) {
  const TopView view = view_of({row(std::string(100, 'x'), 900, 100), row("a\x1b[1m", 1, 0)});
  const std::string table = plain_table(*view.answer, view.state.query, std::nullopt);
  EXPECT_TRUE(table.starts_with("last 5m, 2 rows, descending by misses\nTENANT "));
  EXPECT_TRUE(table.contains(std::string(100, 'x') + " catalog redis statsd"));
  EXPECT_TRUE(table.contains("\na?[1m "));
  EXPECT_FALSE(table.contains('\x1b'));
  EXPECT_TRUE(table.ends_with('\n'));
}

}  // namespace
}  // namespace hitwatch::cli
