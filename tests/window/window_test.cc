#include "rules/window/window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace hitwatch::window {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = Matcher::Kind;

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min();

Matcher is(std::string name, std::string value, Kind kind = Kind::kEqual) {
  return Matcher::make(kind, std::move(name), std::move(value)).value();
}
Matchers named(std::string name) { return {is("__name__", std::move(name))}; }

class Windows : public testing::Test {
 protected:
  using Texts = std::vector<metrics::LabelView>;

  Series* make(const Texts& labels, Refusal* why = nullptr) {
    return window.find_or_make(metrics::LabelViews(labels), why);
  }
  // A series that has a sample at `time`.
  Series* fill(const Texts& labels, std::int64_t time = 0) {
    Series* const series = make(labels);
    window.append(*series, time, 1);
    return series;
  }
  static std::vector<std::string> texts(const std::vector<const Series*>& series,
                                        const Window& of) {
    std::vector<std::string> found;
    for (const Series* one : series) found.push_back(to_string(one->labels(), of.symbols()));
    return found;
  }
  std::vector<std::string> selected(const Matchers& matchers) {
    return texts(window.select(matchers), window);
  }
  static std::vector<std::string> texts(const std::vector<Symbol>& symbols) {
    std::vector<std::string> found;
    for (const Symbol symbol : symbols) found.push_back(*symbol);
    return found;
  }
  // Until nothing more is dropped.
  void trim_all(std::int64_t now) {
    for (int i = 0; i < 40; ++i) window.trim(now);
  }
  void want_everything() { window.want({{{}, 60 * kMinute}}); }

  Window window;
};

TEST_F(Windows, KeepNothingThatNobodyWants) {
  Refusal why = Refusal::kNone;
  EXPECT_EQ(make({{"__name__", "up"}}, &why), nullptr);
  EXPECT_EQ(why, Refusal::kUnwanted);
  EXPECT_EQ(window.symbols().find("up"), nullptr);
  window.want({{named("up"), kMinute}});
  EXPECT_NE(make({{"__name__", "up"}}), nullptr);
  EXPECT_EQ(make({{"__name__", "down"}}), nullptr);
  EXPECT_EQ(window.figures().refused_series, 0U);
}

TEST_F(Windows, FindASeriesByItsLabelsInAnyOrder) {
  want_everything();
  Series* const series = make({{"__name__", "up"}, {"job", "redis"}, {"empty", ""}});
  EXPECT_EQ(make({{"job", "redis"}, {"__name__", "up"}}), series);
  EXPECT_NE(make({{"job", "redis"}}), series);
  Symbols& symbols = window.symbols();
  const std::vector<LabelPair> pairs = {{symbols.intern("job"), symbols.intern("redis")},
                                        {symbols.name(), symbols.intern("up")}};
  EXPECT_EQ(window.find_or_make(std::span<const LabelPair>(pairs)), series);
}

TEST_F(Windows, FindSeriesInWhateverOrderTheyAreAskedFor) {
  want_everything();
  std::mt19937 random(1);  // NOLINT: the same in every run
  std::map<std::string, Series*> known;
  std::int64_t time = 0;
  for (int round = 0; round < 300; ++round, time += kMinute) {
    // Mostly a run of neighbours, in the order of their making.
    const std::size_t first = random() % 50;
    const std::size_t length = 1 + random() % 20;
    for (std::size_t i = first; i < first + length; ++i) {
      const std::string value = std::to_string(i);
      const Texts labels = random() % 8 == 0 ? Texts{{"a", value}, {"__name__", "x"}}
                                             : Texts{{"__name__", "x"}, {"a", value}};
      Series* const series = make(labels);
      ASSERT_NE(series, nullptr);
      EXPECT_EQ(to_string(series->labels(), window.symbols()), "x{a=\"" + value + "\"}");
      const auto [other, fresh] = known.emplace(value, series);
      EXPECT_EQ(other->second, series);
      window.append(*series, time, 1);
    }
    // Some are dropped: those that were not asked for in an hour.
    if (window.trim(time)) known.clear();
  }
}

TEST_F(Windows, RefuseSamplesThatAreNotNewer) {
  want_everything();
  Series* const series = make({{"__name__", "up"}});
  EXPECT_TRUE(window.append(*series, 1000, 1));
  EXPECT_FALSE(window.append(*series, 1000, 2));
  EXPECT_FALSE(window.append(*series, 999, 2));
  EXPECT_TRUE(window.append(*series, 1001, 3));
  std::vector<Point> points;
  series->read(0, 2000, points);
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[1].value, 3);
}

TEST_F(Windows, AnswerWithTheLastSampleOfALeftOpenRange) {
  want_everything();
  Series* const series = make({{"__name__", "up"}});
  Point point{};
  EXPECT_FALSE(series->last(kLongAgo, kForever, point));
  for (const int time : {1000, 2000, 3000}) window.append(*series, time, time);
  EXPECT_TRUE(series->last(0, 5000, point));
  EXPECT_EQ(point.value, 3000);
  EXPECT_TRUE(series->last(0, 2999, point));
  EXPECT_EQ(point.value, 2000);
  EXPECT_TRUE(series->last(0, 2000, point));
  EXPECT_EQ(point.value, 2000);
  EXPECT_FALSE(series->last(3000, 5000, point));
  EXPECT_FALSE(series->last(2000, 2999, point));
  EXPECT_FALSE(series->last(0, 999, point));
}

TEST_F(Windows, StaleMarkersAreLastButNotRead) {
  want_everything();
  Series* const series = make({{"__name__", "up"}});
  window.append(*series, 1000, 1);
  window.append(*series, 2000, stale_marker());
  window.append(*series, 3000, 3);
  Point point{};
  EXPECT_TRUE(series->last(0, 2500, point));
  EXPECT_TRUE(is_stale(point.value));
  std::vector<Point> points;
  series->read(1000, 3000, points);
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].time, 3000);
}

TEST_F(Windows, SelectWhatMatches) {
  want_everything();
  make({{"__name__", "commands"}, {"cmd", "get"}, {"job", "redis"}});
  make({{"__name__", "commands"}, {"cmd", "mget"}, {"job", "redis"}});
  make({{"__name__", "commands"}, {"cmd", "set"}});
  make({{"__name__", "up"}, {"job", "redis"}});
  const auto commands = [&](Matcher matcher) {
    return selected({is("__name__", "commands"), std::move(matcher)}).size();
  };
  EXPECT_THAT(selected(named("up")), ElementsAre(R"(up{job="redis"})"));
  EXPECT_THAT(
      selected({is("cmd", "m?get", Kind::kMatches)}),
      ElementsAre(R"(commands{cmd="get", job="redis"})", R"(commands{cmd="mget", job="redis"})"));
  EXPECT_EQ(selected({}).size(), 4U);
  EXPECT_EQ(commands(is("cmd", "get|set|other", Kind::kMatches)), 2U);
  EXPECT_EQ(commands(is("cmd", "get|set", Kind::kDoesNotMatch)), 1U);
  EXPECT_EQ(commands(is("job", "")), 1U);
  EXPECT_EQ(commands(is("job", "", Kind::kNotEqual)), 2U);
  EXPECT_EQ(commands(is("job", "redis", Kind::kNotEqual)), 1U);
  EXPECT_EQ(commands(is("other", "", Kind::kEqual)), 3U);
  EXPECT_EQ(commands(is("other", "x", Kind::kEqual)), 0U);
  EXPECT_EQ(commands(is("other", "x", Kind::kNotEqual)), 3U);
  EXPECT_EQ(commands(is("other", ".+", Kind::kMatches)), 0U);
  EXPECT_EQ(commands(is("job", "|redis", Kind::kMatches)), 3U);
}

TEST_F(Windows, WantedSelectorsSeeSeriesThatAreMadeLater) {
  window.want({{named("up"), kMinute}, {{is("job", "r.*", Kind::kMatches)}, kMinute}});
  EXPECT_THAT(window.select(named("up")), IsEmpty());
  make({{"__name__", "up"}, {"job", "redis"}});
  make({{"__name__", "up"}});
  make({{"__name__", "down"}, {"job", "redis"}});
  EXPECT_THAT(selected(named("up")), ElementsAre(R"(up{job="redis"})", "up"));
  EXPECT_THAT(selected({is("job", "r.*", Kind::kMatches)}),
              ElementsAre(R"(up{job="redis"})", R"(down{job="redis"})"));
}

TEST_F(Windows, OtherSelectorsSeeThemToo) {
  want_everything();
  EXPECT_THAT(window.select(named("up")), IsEmpty());
  make({{"__name__", "up"}});
  EXPECT_EQ(window.select(named("up")).size(), 1U);
}

TEST_F(Windows, ANewWishKeepsWhatIsStillWanted) {
  window.want({{named("up"), kMinute}, {named("down"), kMinute}});
  Series* const up = fill({{"__name__", "up"}, {"kept", "yes"}});
  fill({{"__name__", "down"}, {"kept", "no"}});
  const auto wanted = window.wanted_generation();
  const auto series = window.series_generation();
  window.want({{named("up"), kForever}, {named("other"), kMinute}});
  EXPECT_NE(window.wanted_generation(), wanted);
  EXPECT_NE(window.series_generation(), series);
  EXPECT_EQ(window.select(named("up")), std::vector<const Series*>{up});
  EXPECT_TRUE(up->any(-1, 0));
  EXPECT_EQ(window.figures().series, 1U);
  EXPECT_EQ(make({{"__name__", "down"}}), nullptr);
  EXPECT_EQ(make({{"__name__", "up"}, {"kept", "yes"}}), up);
  EXPECT_EQ(window.symbols().find("no"), nullptr);
  EXPECT_NE(window.symbols().find("yes"), nullptr);
}

TEST_F(Windows, AWishThatDropsNothingKeepsPointers) {
  window.want({{named("up"), kMinute}});
  fill({{"__name__", "up"}});
  const auto series = window.series_generation();
  want_everything();
  EXPECT_EQ(window.series_generation(), series);
}

TEST_F(Windows, EachSeriesIsKeptAsLongAsItIsWanted) {
  window.want({{named("short"), 5 * kMinute},
               {named("long"), 60 * kMinute},
               {{is("job", "redis")}, 20 * kMinute}});
  fill({{"__name__", "short"}});
  fill({{"__name__", "short"}, {"job", "redis"}});
  fill({{"__name__", "long"}, {"job", "redis"}});
  trim_all(4 * kMinute);
  EXPECT_EQ(window.figures().samples, 3U);
  trim_all(10 * kMinute);
  EXPECT_EQ(window.figures().samples, 2U);
  trim_all(40 * kMinute);
  EXPECT_EQ(window.figures().samples, 1U);
  trim_all(70 * kMinute);
  EXPECT_EQ(window.figures().samples, 0U);
}

TEST_F(Windows, SeriesWithoutSamplesGoAway) {
  window.want({{{}, 5 * kMinute}});
  fill({{"__name__", "gone"}, {"tenant", "acme"}});
  Series* const stays = fill({{"__name__", "stays"}}, 15 * kMinute);
  const auto generation = window.series_generation();
  trim_all(15 * kMinute);
  EXPECT_EQ(window.series_generation(), generation);
  EXPECT_TRUE(window.append(*stays, 25 * kMinute, 1));
  trim_all(26 * kMinute);
  EXPECT_NE(window.series_generation(), generation);
  EXPECT_THAT(selected({}), ElementsAre("stays"));
  EXPECT_EQ(window.symbols().find("acme"), nullptr);
  EXPECT_EQ(window.figures().series, 1U);
  EXPECT_EQ(make({{"__name__", "stays"}}), stays);
  EXPECT_THAT(texts(window.label_names({}, kLongAgo, kForever)), ElementsAre("__name__"));
}

TEST_F(Windows, ManySeriesThatEndMakeRoomAtOnce) {
  window.want({{{}, 5 * kMinute}});
  for (int i = 0; i < 1000; ++i) {
    const std::string text = std::to_string(i);
    fill({{"__name__", "gone"}, {"i", text}}, i % 2 == 0 ? 0 : 15 * kMinute);
  }
  EXPECT_TRUE(window.trim(15 * kMinute));
  EXPECT_EQ(window.figures().series, 500U);
  EXPECT_EQ(selected({is("i", "1")}).size(), 1U);
  EXPECT_EQ(selected({is("i", "2")}).size(), 0U);
  EXPECT_EQ(selected({is("i", ".*[05]", Kind::kMatches)}).size(), 100U);
  EXPECT_EQ(selected({}).size(), 500U);
}

TEST_F(Windows, HistoryMayBeWithoutEnd) {
  window.want({{{}, kForever}});
  fill({{"__name__", "up"}}, kLongAgo + 1);
  trim_all(kForever);
  EXPECT_EQ(window.figures().samples, 1U);
}

TEST(Bounds, RefusedSeriesAreCountedAndTheOthersGoOn) {
  Window window({.series = 2, .label_bytes = 1000});
  window.want({{{}, 5 * kMinute}});
  const auto make = [&](std::string_view value, Refusal* why = nullptr) {
    const metrics::LabelView label{"a", value};
    return window.find_or_make(metrics::LabelViews(&label, 1), why);
  };
  Series* const first = make("1");
  make("2");
  Refusal why = Refusal::kNone;
  EXPECT_EQ(make("3", &why), nullptr);
  EXPECT_EQ(why, Refusal::kNoRoom);
  EXPECT_EQ(window.figures().refused_series, 1U);
  EXPECT_EQ(make("1"), first);
  EXPECT_TRUE(window.append(*first, 1, 1));
  // The other has no samples, and so gives its place away.
  EXPECT_TRUE(window.trim(2));
  EXPECT_NE(make("3"), nullptr);
}

TEST(Bounds, LabelsAreBounded) {
  Window window({.series = 100, .label_bytes = 100});
  window.want({{{}, 5 * kMinute}});
  const std::string value(90, 'x');
  const metrics::LabelView label{"a", value};
  EXPECT_EQ(window.find_or_make(metrics::LabelViews(&label, 1)), nullptr);
  EXPECT_EQ(window.symbols().find(value), nullptr);
  const metrics::LabelView shorter{"a", std::string_view(value).substr(50)};
  EXPECT_NE(window.find_or_make(metrics::LabelViews(&shorter, 1)), nullptr);
}

TEST_F(Windows, FindSeriesOfATime) {
  want_everything();
  fill({{"__name__", "a"}, {"x", "1"}}, 1000);
  fill({{"__name__", "b"}, {"x", "2"}}, 2000);
  fill({{"__name__", "c"}, {"y", "2"}}, 2000);
  const std::vector<Matchers> two = {named("b"), {is("x", ".+", Kind::kMatches)}};
  EXPECT_THAT(texts(window.find(two, 0, 5000), window), ElementsAre(R"(a{x="1"})", R"(b{x="2"})"));
  EXPECT_THAT(texts(window.find(two, 1000, 5000), window), ElementsAre(R"(b{x="2"})"));
  EXPECT_EQ(window.find({}, 0, 5000).size(), 3U);
  EXPECT_EQ(window.find({}, 0, 1999).size(), 1U);
  EXPECT_THAT(texts(window.label_names({}, 0, 5000)), ElementsAre("__name__", "x", "y"));
  EXPECT_THAT(texts(window.label_names(two, 0, 5000)), ElementsAre("__name__", "x"));
  EXPECT_THAT(texts(window.label_values("x", {}, 0, 5000)), ElementsAre("1", "2"));
  EXPECT_THAT(texts(window.label_values("x", two, 1000, 5000)), ElementsAre("2"));
  EXPECT_THAT(texts(window.label_values("z", two, 0, 5000)), IsEmpty());
}

TEST_F(Windows, AnExtractGoesOnWithoutTheWindow) {
  window.want({{named("up"), 60 * kMinute}, {named("down"), 60 * kMinute}});
  Series* const up = make({{"__name__", "up"}, {"job", "redis"}});
  for (int i = 1; i <= 400; ++i) window.append(*up, i * 1000, i);
  fill({{"__name__", "down"}});
  const std::vector<Matchers> selectors = {named("up"), {is("job", "red.*", Kind::kMatches)}};
  const auto extract = window.extract(selectors, 100'000, 300'000);
  window.append(*up, 500'000, 500);
  window.want({});
  EXPECT_EQ(window.figures().series, 0U);

  for (const Matchers& matchers : selectors) {
    ASSERT_THAT(texts(extract->select(matchers), *extract), ElementsAre(R"(up{job="redis"})"));
  }
  EXPECT_THAT(extract->select(named("down")), IsEmpty());
  EXPECT_THAT(texts(extract->select({is("job", "redis")}), *extract),
              ElementsAre(R"(up{job="redis"})"));
  const Series& copy = *extract->select(named("up")).front();
  std::vector<Point> points;
  copy.read(100'000, 300'000, points);
  ASSERT_EQ(points.size(), 200U);
  EXPECT_EQ(points.front().value, 101);
  EXPECT_EQ(points.back().value, 300);
  Point point{};
  ASSERT_TRUE(copy.last(100'000, 300'000, point));
  EXPECT_EQ(point.value, 300);
  EXPECT_THAT(texts(extract->label_values("job", {}, 100'000, 300'000)), ElementsAre("redis"));
}

TEST_F(Windows, SeveralThreadsReadAnExtract) {
  want_everything();
  for (int i = 0; i < 50; ++i) {
    const std::string text = std::to_string(i);
    Series* const series = make({{"__name__", "up"}, {"i", text}});
    for (int at = 0; at < 200; ++at) window.append(*series, at * 15'000, at * i);
  }
  const std::vector<Matchers> selectors = {named("up")};
  const auto extract = window.extract(selectors, -1, kForever);
  std::vector<std::thread> threads;
  std::vector<std::size_t> seen(3);
  for (std::size_t& points_seen : seen) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        for (const Series* series : extract->select({is("i", std::to_string(i))})) {
          std::vector<Point> points;
          series->read(-1, kForever, points);
          points_seen += points.size();
        }
      }
    });
  }
  for (int at = 200; at < 300; ++at) {
    for (const Series* series : window.select(named("up"))) {
      window.append(*window.find_or_make(series->labels().pairs()), at * 15'000, 1);
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(seen, ElementsAre(10'000, 10'000, 10'000));
}

}  // namespace
}  // namespace hitwatch::window
