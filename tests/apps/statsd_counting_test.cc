// What StatsD lines count as, and why they do not.
#include "collectors/apps/statsd_counting.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "collectors/apps/statsd_stream.h"
#include "tests/apps/reference_statsd.h"
#include "tests/apps/statsd_lines.h"

namespace hitwatch::apps {
namespace {

using lookups::Outcome;
using lookups::Source;
using lookups::Subject;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = StatsdMeaning::Kind;

// Writes down what it is told: "hit 1 acme/catalog", "0.25s x10 acme/catalog".
class NotedRecorder {
 public:
  void count(const Subject& subject, Source source, Outcome outcome, double weight) {
    EXPECT_EQ(source, Source::kStatsd);
    EXPECT_GT(weight, 0);
    EXPECT_LE(weight, lookups::kMaxWeight);
    const char* word = outcome == Outcome::kHit    ? "hit"
                       : outcome == Outcome::kMiss ? "miss"
                                                   : "error";
    notes.push_back(fmt::format("{} {}{}", word, weight, shown(subject)));
  }
  void time(const Subject& subject, Source source, double seconds, double weight) {
    EXPECT_EQ(source, Source::kStatsd);
    EXPECT_GE(seconds, 0);
    EXPECT_LE(seconds, lookups::kMaxSeconds);
    EXPECT_GE(weight, 1);
    notes.push_back(fmt::format("{}s x{}{}", seconds, weight, shown(subject)));
  }

  std::vector<std::string> notes;

 private:
  static std::string shown(const Subject& subject) {
    std::string text;
    for (const std::string_view part :
         {subject.tenant, subject.type, subject.key, subject.operation, subject.layer}) {
      if (!part.empty()) text += fmt::format(" {}", part);
    }
    return text;
  }
};

StatsdMeaning meaning(std::string_view match, Kind kind) {
  return {keys::Pattern::parse(match).value(), kind};
}

class StatsdCountingTest : public testing::Test {
 protected:
  std::vector<std::string> count(std::string_view text) {
    recorder_.notes.clear();
    counting.take_lines(text, names, recorder_);
    return recorder_.notes;
  }
  // Of a single line that must be rejected.
  std::string rejection(std::string_view line) {
    const StatsdTally before = counting.tally();
    EXPECT_THAT(count(line), IsEmpty()) << line;
    EXPECT_EQ(counting.tally().lines, before.lines + 1) << line;
    EXPECT_EQ(counting.tally().ignored, before.ignored) << line;
    for (std::size_t i = 0; i < kRejections; ++i) {
      if (counting.tally().rejected[i] != before.rejected[i]) {
        return std::string(rejection_word(static_cast<Rejection>(i)));
      }
    }
    return "none";
  }
  std::uint64_t ignored(std::string_view text) {
    const std::uint64_t before = counting.tally().ignored;
    EXPECT_THAT(count(text), IsEmpty()) << text;
    return counting.tally().ignored - before;
  }

  StatsdNames names{{}};
  StatsdCounting counting;

 private:
  NotedRecorder recorder_;
};

using StatsdMapping = StatsdCountingTest;

TEST_F(StatsdCountingTest, FourNamesMeanSomethingByThemselves) {
  EXPECT_THAT(count("cache.hit:1|c|#tenant:acme,type:catalog\ncache.miss:2|c\ncache.error:1|c\n"
                    "cache.latency:250|ms|#tenant:acme\n"),
              ElementsAre("hit 1 acme catalog", "miss 2", "error 1", "0.25s x1 acme"));
}

TEST_F(StatsdCountingTest, ARateMultipliesAtNoCost) {
  EXPECT_THAT(count("cache.hit:3|c|@0.5"), ElementsAre("hit 6"));
  EXPECT_THAT(count("cache.latency:1|ms|@0.1"), ElementsAre("0.001s x10"));
  EXPECT_THAT(count("cache.latency:1|ms|@0.000001"), ElementsAre("0.001s x1000000"));
}

TEST_F(StatsdCountingTest, TimesAreMillisecondsInAllTypesOfTimes) {
  EXPECT_THAT(count("cache.latency:5|ms\ncache.latency:5|h\ncache.latency:5|d\n"),
              ElementsAre("0.005s x1", "0.005s x1", "0.005s x1"));
}

TEST_F(StatsdCountingTest, EachPackedValueCounts) {
  EXPECT_THAT(count("cache.latency:1:2:3|ms|@0.5|#type:t"),
              ElementsAre("0.001s x2 t", "0.002s x2 t", "0.003s x2 t"));
}

TEST_F(StatsdCountingTest, LinesEndWithOneOrTwoBytesOrNone) {
  EXPECT_THAT(count("cache.hit:1|c\r\n\r\n\ncache.miss:1|c\ncache.error:1|c"),
              ElementsAre("hit 1", "miss 1", "error 1"));
  EXPECT_EQ(counting.tally().lines, 3U) << "empty lines are none";
}

TEST_F(StatsdCountingTest, NoLookupsAreALineButNotCounted) {
  EXPECT_THAT(count("cache.hit:0|c\ncache.hit:-0|c\n"), IsEmpty());
  EXPECT_EQ(counting.tally().lines, 2U);
  EXPECT_EQ(counting.tally().ignored, 0U);
}

TEST_F(StatsdCountingTest, OtherNamesEventsAndChecksAreIgnored) {
  EXPECT_EQ(ignored("users.online:1|g\nCache.hit:1|c\ncache.hits:1|c\ncache.hi:1|c\n"), 4U);
  EXPECT_EQ(ignored("_e{5,4}:title|text\n_sc|Redis|2\n"), 2U);
  EXPECT_EQ(ignored("datadog.dogstatsd.client.metrics:42|c|#client:go,transport:udp\n"), 1U);
  EXPECT_EQ(ignored("temperature:-3|g\nusers:alice|s\nqueue:-1|c\nother:-1|ms\n"), 4U);
}

TEST_F(StatsdCountingTest, FaultsOfGrammarAreRejectedWhateverTheName) {
  EXPECT_EQ(rejection("users.online:1|x"), "type");
  EXPECT_EQ(rejection("users.online"), "malformed");
  EXPECT_EQ(rejection("users.online:nan|g"), "value");
  EXPECT_EQ(rejection("users.online:1|c|@0"), "rate");
}

TEST_F(StatsdCountingTest, EachReasonHasItsCase) {
  EXPECT_EQ(rejection("cache.hit"), "malformed");
  EXPECT_EQ(rejection("cache.hit:1|x"), "type");
  EXPECT_EQ(rejection("cache.hit:NaN|c"), "value");
  EXPECT_EQ(rejection("cache.hit:-1|c"), "negative");
  EXPECT_EQ(rejection("cache.latency:-0.001|ms"), "negative");
  EXPECT_EQ(rejection("cache.hit:1|c|@1e-300"), "rate");
  EXPECT_EQ(rejection("cache.hit:1|c|@0"), "rate");
  EXPECT_EQ(rejection("cache.hit:1|c|#tenant:" + std::string(65'536, 'x')), "too_long");
}

TEST_F(StatsdCountingTest, TypesMustGoWithTheMeaning) {
  for (const std::string type : {"g", "ms", "h", "d", "s"}) {
    EXPECT_EQ(rejection("cache.hit:1|" + type), "wrong_type") << type;
    EXPECT_EQ(rejection("cache.error:1|" + type), "wrong_type") << type;
  }
  for (const std::string type : {"c", "g", "s"}) {
    EXPECT_EQ(rejection("cache.latency:1|" + type), "wrong_type") << type;
  }
  EXPECT_EQ(rejection("cache.hit:1|c:320|ms"), "wrong_type") << "one of several samples";
}

TEST_F(StatsdCountingTest, NumbersHaveBounds) {
  EXPECT_THAT(count("cache.hit:1e15|c"), ElementsAre("hit 1000000000000000"));
  EXPECT_EQ(rejection("cache.hit:1.1e15|c"), "value");
  EXPECT_EQ(rejection("cache.hit:1e10|c|@1e-7"), "value");
  EXPECT_THAT(count("cache.latency:1e9|ms"), ElementsAre("1000000s x1"));
  EXPECT_EQ(rejection("cache.latency:1.1e9|ms"), "value");
  EXPECT_EQ(rejection("cache.latency:inf|ms"), "value");
}

TEST_F(StatsdCountingTest, OneBadValueRejectsItsLineAsAWhole) {
  EXPECT_EQ(rejection("cache.latency:1:2:-3|ms"), "negative");
  EXPECT_EQ(rejection("cache.latency:1:2:x|ms"), "value");
  EXPECT_EQ(counting.tally().lines, 2U);
}

TEST_F(StatsdCountingTest, ABadLineDisturbsNoOther) {
  EXPECT_THAT(count("cache.hit:1|c\ncache.hit:x|c\n\xff\xfe\x01\x02garbage\ncache.miss:1|c\n"),
              ElementsAre("hit 1", "miss 1"));
}

TEST_F(StatsdCountingTest, AgreesWithTheReference) {
  RandomLines lines(21);
  std::size_t expected = 0;
  for (int i = 0; i < 5'000; ++i) {
    const std::string line = lines.right_line();
    if (line.find('\n') != std::string::npos) continue;
    const auto right = reference::read(line);
    const bool is_hit = right && right->name == "cache.hit";
    const auto noted = count(line);
    if (!is_hit) continue;
    double weight = 0;
    bool is_right = true;
    for (const reference::Sample& sample : right->samples) {
      const double one = sample.number / sample.rate;
      is_right = is_right && sample.type == StatsdType::kCounter && one >= 0 && one <= 1e15;
      weight += one > 0 ? 1 : 0;
    }
    expected = is_right ? static_cast<std::size_t>(weight) : 0;
    ASSERT_EQ(noted.size(), expected) << line;
  }
}

TEST_F(StatsdMapping, GivesOtherNamesAMeaning) {
  names = StatsdNames(
      {meaning("myapp.redis.hits", Kind::kHit), meaning("myapp.redis.time", Kind::kLatency)});
  EXPECT_THAT(count("myapp.redis.hits:1|c\nmyapp.redis.time:2|ms\ncache.miss:1|c\n"),
              ElementsAre("hit 1", "0.002s x1", "miss 1"));
}

TEST_F(StatsdMapping, MayGiveTheDefaultNamesAnother) {
  names = StatsdNames({meaning("cache.hit", Kind::kMiss)});
  EXPECT_THAT(count("cache.hit:1|c"), ElementsAre("miss 1"));
}

TEST_F(StatsdMapping, FirstEntryWins) {
  names = StatsdNames({meaning("a.{tenant}.hit", Kind::kHit), meaning("a.x.hit", Kind::kMiss),
                       meaning("b.x.hit", Kind::kMiss), meaning("b.{tenant}.hit", Kind::kHit),
                       meaning("b.x.hit", Kind::kError)});
  EXPECT_THAT(count("a.x.hit:1|c\nb.x.hit:1|c\nb.y.hit:1|c\n"),
              ElementsAre("hit 1 x", "miss 1", "hit 1 y"));
}

TEST_F(StatsdMapping, TemplatesGiveWhatTagsDoNot) {
  names = StatsdNames({meaning("app.{tenant}.{type}.{layer}.{operation}.hit", Kind::kHit),
                       meaning("stats.{tenant}.*", Kind::kMiss)});
  EXPECT_THAT(count("app.acme.catalog.l1.get.hit:1|c\n"), ElementsAre("hit 1 acme catalog get l1"));
  EXPECT_THAT(count("app.acme.catalog.l1.get.hit:1|c|#tenant:zeta,operation:mget\n"),
              ElementsAre("hit 1 zeta catalog mget l1"));
  EXPECT_THAT(count("stats.acme.redis.misses:4|c\n"), ElementsAre("miss 4 acme"));
  EXPECT_EQ(ignored("app.acme.catalog.hit:1|c\n"), 1U);
}

// The same lines, however the stream is cut, and counted in one piece.
TEST(StatsdStreamTest, AgreesWithTheWholeTextHoweverItIsCut) {
  RandomLines lines(22);
  std::mt19937 random(23);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = 0; i < 20; ++i) text += lines.spoilt_line() + (random() % 2 != 0 ? "\n" : "\r\n");
    text += lines.right_line();
    StatsdNames names{{}};
    StatsdCounting at_once;
    NotedRecorder noted_at_once;
    at_once.take_lines(text, names, noted_at_once);
    StatsdCounting in_pieces;
    NotedRecorder noted_in_pieces;
    StatsdStream stream;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 60, text.size() - at);
      stream.feed(std::string_view(text).substr(at, size), in_pieces, names, noted_in_pieces);
      at += size;
    }
    stream.finish(in_pieces, names, noted_in_pieces);
    ASSERT_EQ(noted_in_pieces.notes, noted_at_once.notes);
    ASSERT_EQ(in_pieces.tally().lines, at_once.tally().lines);
    ASSERT_EQ(in_pieces.tally().rejected, at_once.tally().rejected);
  }
}

class StatsdStreamBounds : public testing::Test {
 protected:
  void feed(std::string_view bytes) { stream.feed(bytes, counting, names, recorder); }
  std::uint64_t rejected(Rejection rejection) const {
    return counting.tally().rejected[static_cast<std::size_t>(rejection)];
  }

  StatsdNames names{{}};
  StatsdCounting counting;
  NotedRecorder recorder;
  StatsdStream stream;
};

TEST_F(StatsdStreamBounds, ALineThatIsTooLongCountsOnceAndIsSkippedToItsEnd) {
  feed("cache.hit:1|c|#tenant:");
  for (int i = 0; i < 300; ++i) feed(std::string(1000, 'x'));
  EXPECT_EQ(rejected(Rejection::kTooLong), 1U) << "before its end";
  feed("cache.hit:1|c\ncache.miss:1|c\n");
  EXPECT_THAT(recorder.notes, ElementsAre("miss 1"));
  EXPECT_EQ(rejected(Rejection::kTooLong), 1U);
  EXPECT_EQ(counting.tally().lines, 2U);
}

TEST_F(StatsdStreamBounds, TheLongestLineMayEndWithTwoBytes) {
  const std::string start = "cache.hit:1|c|#x:";
  const std::string line = start + std::string(kMaxLineBytes - start.size(), 'x');
  for (const char c : line) feed({&c, 1});
  feed("\r");
  feed("\n");
  EXPECT_THAT(recorder.notes, ElementsAre("hit 1"));
  EXPECT_EQ(rejected(Rejection::kTooLong), 0U);
}

TEST_F(StatsdStreamBounds, ALastLineWithoutEndCountsIfThePeerEndedTheStream) {
  feed("cache.hit:1|c\ncache.miss:1|");
  feed("c");
  stream.finish(counting, names, recorder);
  EXPECT_THAT(recorder.notes, ElementsAre("hit 1", "miss 1"));
}

TEST_F(StatsdStreamBounds, ALastLineWithoutEndIsRejectedIfTheStreamBroke) {
  feed("cache.hit:1|c\ncache.miss:1|c");
  stream.abandon(counting);
  EXPECT_THAT(recorder.notes, ElementsAre("hit 1"));
  EXPECT_EQ(rejected(Rejection::kMalformed), 1U);
  stream.abandon(counting);
  EXPECT_EQ(rejected(Rejection::kMalformed), 1U);
}

}  // namespace
}  // namespace hitwatch::apps
