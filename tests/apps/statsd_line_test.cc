// What the grammar of a StatsD line allows and means.
#include "collectors/apps/statsd_line.h"

#include <gtest/gtest.h>

#include "tests/apps/reference_statsd.h"
#include "tests/apps/statsd_lines.h"
#include "tests/repetitions.h"

namespace hitwatch::apps {
namespace {

using lookups::Subject;

class StatsdLineTest : public testing::Test {
 protected:
  // What is read also agrees with the reference.
  StatsdLine read(const std::string& line) {
    kept_ = line;
    EXPECT_EQ(reference::difference(reader_, kept_), "");
    const auto result = reader_.read(kept_);
    if (result) return *result;
    ADD_FAILURE() << line << ": " << rejection_word(result.error());
    return {};
  }

  std::string rejection(const std::string& line) {
    EXPECT_EQ(reference::difference(reader_, line), "");
    const auto result = reader_.read(line);
    return result ? "none" : std::string(rejection_word(result.error()));
  }

  std::vector<double> numbers(const std::string& line) {
    std::vector<double> all;
    for (const StatsdSample& sample : read(line).samples) all.push_back(sample.number);
    return all;
  }

 private:
  std::string kept_;
  StatsdLineReader reader_;
};

using StatsdLineNumbers = StatsdLineTest;
using StatsdLineTags = StatsdLineTest;
using StatsdLineRejects = StatsdLineTest;

TEST_F(StatsdLineTest, HasNameValueTypeAndRate) {
  const StatsdLine line = read("cache.hit:3|c|@0.25");
  EXPECT_EQ(line.name, "cache.hit");
  ASSERT_EQ(line.samples.size(), 1U);
  EXPECT_EQ(line.samples[0].value, "3");
  EXPECT_EQ(line.samples[0].number, 3);
  EXPECT_EQ(line.samples[0].rate, 0.25);
  EXPECT_EQ(line.samples[0].type, StatsdType::kCounter);
}

TEST_F(StatsdLineTest, KnowsSixTypes) {
  EXPECT_EQ(read("n:1|c").samples[0].type, StatsdType::kCounter);
  EXPECT_EQ(read("n:1|g").samples[0].type, StatsdType::kGauge);
  EXPECT_EQ(read("n:1|ms").samples[0].type, StatsdType::kTiming);
  EXPECT_EQ(read("n:1|h").samples[0].type, StatsdType::kHistogram);
  EXPECT_EQ(read("n:1|d").samples[0].type, StatsdType::kDistribution);
  EXPECT_EQ(read("n:1|s").samples[0].type, StatsdType::kSet);
}

TEST_F(StatsdLineTest, FieldsComeInAnyOrder) {
  for (const std::string fields :
       {"|@0.5|#tenant:acme|T1656581400", "|T1656581400|#tenant:acme|@0.5",
        "|c:ci-1234|#tenant:acme|e:it-false,cn-web,pu-1|@0.5|card:low",
        "|card:high|T1656581400|c:in-5|@0.5|#tenant:acme", "||@0.5||#tenant:acme|",
        "|x|@0.5|#tenant:acme|y:z"}) {
    const StatsdLine line = read("cache.hit:1|c" + fields);
    EXPECT_EQ(line.subject.tenant, "acme") << fields;
    ASSERT_EQ(line.samples.size(), 1U) << fields;
    EXPECT_EQ(line.samples[0].rate, 0.5) << fields;
  }
}

TEST_F(StatsdLineTest, PackedValuesShareTypeRateAndTags) {
  const StatsdLine line = read("cache.latency:1:2.5:3|ms|@0.1|#tenant:acme");
  ASSERT_EQ(line.samples.size(), 3U);
  EXPECT_EQ(line.samples[1].number, 2.5);
  for (const StatsdSample& sample : line.samples) {
    EXPECT_EQ(sample.type, StatsdType::kTiming);
    EXPECT_EQ(sample.rate, 0.1);
  }
}

TEST_F(StatsdLineTest, SamplesOfOneNameHaveTypesAndRatesOfTheirOwn) {
  const StatsdLine line = read("k:1|c:2|ms|@0.1:3|g|#tenant:acme");
  ASSERT_EQ(line.samples.size(), 3U);
  EXPECT_EQ(line.samples[0].type, StatsdType::kCounter);
  EXPECT_EQ(line.samples[0].rate, 1);
  EXPECT_EQ(line.samples[1].type, StatsdType::kTiming);
  EXPECT_EQ(line.samples[1].rate, 0.1);
  EXPECT_EQ(line.samples[2].type, StatsdType::kGauge);
  EXPECT_EQ(line.samples[2].rate, 1);
  EXPECT_EQ(line.subject.tenant, "acme");
}

TEST_F(StatsdLineTest, OfTwoRatesTheFirstCounts) {
  EXPECT_EQ(read("n:1|c|@0.5|@0.1").samples[0].rate, 0.5);
}

TEST_F(StatsdLineTest, SkipsWhatIsNoMetric) {
  EXPECT_TRUE(is_skipped_line(""));
  EXPECT_TRUE(is_skipped_line("_e{5,4}:title|text|d:1"));
  EXPECT_TRUE(is_skipped_line("_sc|Redis connection|2|#env:dev"));
  EXPECT_FALSE(is_skipped_line("_ex:1|c"));
  EXPECT_FALSE(is_skipped_line("cache.hit:1|c"));
}

TEST_F(StatsdLineNumbers, AreDecimalWithFractionAndExponent) {
  EXPECT_EQ(numbers("n:1:0:12.5:.5:5.:007:1e3:2E-3:-3|g"),
            (std::vector<double>{1, 0, 12.5, 0.5, 5, 7, 1000, 0.002, -3}));
  EXPECT_EQ(numbers("n:123456789012345:1234567890123456789|c"),
            (std::vector<double>{123456789012345.0, 1234567890123456789.0}));
  EXPECT_EQ(read("n:1|c|@1e-7").samples[0].rate, 1e-7);
}

TEST_F(StatsdLineNumbers, MayHaveAPlus) {
  for (const std::string type : {"c", "ms", "h", "d", "g"}) {
    EXPECT_EQ(numbers("n:+4:+0.5:+1e3|" + type), (std::vector<double>{4, 0.5, 1000})) << type;
    for (const std::string value : {"+", "+-4", "++4", "-+4", "+ 4", "+nan", "+inf"}) {
      EXPECT_EQ(rejection("n:" + value + "|" + type), "value") << value << " of type " << type;
    }
  }
}

TEST_F(StatsdLineNumbers, OfASetMayBeAnyText) {
  EXPECT_EQ(read("users:alice|s").samples[0].value, "alice");
}

TEST_F(StatsdLineTags, MeanTheSameInEveryStyle) {
  for (const std::string line :
       {"cache.hit:1|c|#tenant:acme,type:catalog,operation:get,layer:l1,bare,env:x",
        "cache.hit#tenant=acme,type=catalog,operation=get,layer=l1,env=x:1|c",
        "cache.hit,tenant=acme,type=catalog,operation=get,layer=l1,env=x:1|c",
        "cache.hit[tenant=acme,type=catalog,operation=get,layer=l1,env=x]:1|c",
        "cache[tenant=acme,type=catalog,operation=get,layer=l1,env=x].hit:1|c",
        "cache.hit;tenant=acme;type=catalog;operation=get;layer=l1;env=x:1|c"}) {
    const StatsdLine read_line = read(line);
    EXPECT_EQ(read_line.name, "cache.hit") << line;
    EXPECT_EQ(read_line.subject.tenant, "acme") << line;
    EXPECT_EQ(read_line.subject.type, "catalog") << line;
    EXPECT_EQ(read_line.subject.operation, "get") << line;
    EXPECT_EQ(read_line.subject.layer, "l1") << line;
    EXPECT_EQ(read_line.subject.key, "") << line;
    ASSERT_EQ(read_line.samples.size(), 1U) << line;
    EXPECT_EQ(read_line.samples[0].number, 1) << line;
  }
}

TEST_F(StatsdLineTags, ValueMayContainColons) {
  EXPECT_EQ(read("n:1|c|#key:organization:acme:42,type:t").subject.key, "organization:acme:42");
  EXPECT_EQ(read("n#key=organization:acme:42:1|c").subject.key, "organization:acme:42");
  EXPECT_EQ(read("n,key=organization:acme:42:1|c").subject.key, "organization:acme:42");
  EXPECT_EQ(read("n[key=organization:acme:42]:1|c").subject.key, "organization:acme:42");
  EXPECT_EQ(read("n;key=organization:acme:42:1|c").subject.key, "organization:acme:42");
}

TEST_F(StatsdLineTags, FirstThatIsNotEmptyCounts) {
  EXPECT_EQ(read("n:1|c|#tenant:a,tenant:b").subject.tenant, "a");
  EXPECT_EQ(read("n:1|c|#tenant:,tenant:b").subject.tenant, "b");
  EXPECT_EQ(read("n:1|c|#tenant:a|#tenant:b").subject.tenant, "a");
  EXPECT_EQ(read("n,tenant=a:1|c|#tenant:b,type:t").subject.tenant, "a");
  EXPECT_EQ(read("n,tenant=a:1|c|#tenant:b,type:t").subject.type, "t");
}

TEST_F(StatsdLineTags, OfOthersAndEmptyOnesAreIgnored) {
  for (const std::string tags : {"", ",", "tenant", ":", ":x", "tenants:a", "Tenant:a", ",,x,,"}) {
    EXPECT_EQ(read("n:1|c|#" + tags).subject.tenant, "") << tags;
  }
  EXPECT_EQ(read("n:1|c|#tenant=acme").subject.tenant, "") << "of the other styles";
}

TEST_F(StatsdLineTags, ArriveAsTheBytesThatWereSent) {
  const std::string bytes = "\x01\x7f\xff\xfe\t\"\\{}";
  EXPECT_EQ(read("n:1|c|#tenant:" + bytes).subject.tenant, bytes);
  const std::string with_nul("n:1|c|#tenant:a\0b", 17);
  EXPECT_EQ(read(with_nul).subject.tenant, std::string("a\0b", 3));
}

TEST_F(StatsdLineRejects, WhatHasNoNameValueOrType) {
  for (const std::string line : {"x",
                                 ":1|c",
                                 "|c",
                                 "n",
                                 "n|c",
                                 "n:|c",
                                 "n:1",
                                 "n:1|",
                                 "n:1||@0.5",
                                 "n:1::2|c",
                                 "n:1:|c",
                                 "n#tenant=a|c",
                                 "n,tenant=a",
                                 "n[tenant=a:1|c",
                                 "n[tenant=a]|c",
                                 "#a=b:1|c",
                                 "[a=b]:1|c",
                                 "n:1|c:",
                                 "n:1|c:2",
                                 "n:1|c|@0.1:2",
                                 "n:1|c:2|",
                                 "n:1|c:|ms",
                                 "\r",
                                 " ",
                                 "n#:|c"}) {
    EXPECT_EQ(rejection(line), "malformed") << line;
  }
}

TEST_F(StatsdLineRejects, TypesThatStatsdDoesNotHave) {
  for (const std::string type : {"x", "C", "m", "mss", "c ", "ct", "kv"}) {
    EXPECT_EQ(rejection("n:1|" + type), "type") << type;
  }
  EXPECT_EQ(rejection("n:1|c:2|x"), "type");
}

TEST_F(StatsdLineRejects, WhatIsNoFiniteNumber) {
  for (const std::string value :
       {"nan", "NaN", "inf", "-inf", "infinity", "0x10", "1e",  "1e400", "-1e400", "1e-400",
        "abc", "1,5", " 1",  "1 ",   "-",        ".",    "--1", "1_0",   "1\xff",  "nan(1)"}) {
    EXPECT_EQ(rejection("n:" + value + "|c"), "value") << value;
    EXPECT_EQ(rejection("n:" + value + "|ms"), "value") << value;
  }
  EXPECT_EQ(rejection("n:1:2:x:4|ms"), "value") << "one of several";
}

TEST_F(StatsdLineRejects, RatesOutOfBounds) {
  for (const std::string rate : {"0", "-0.1", "1.1", "1e-300", "1e-400", "9e-10", "nan", "inf", "",
                                 "x", "0x1", "+0.5", "0.5 ", "50%"}) {
    EXPECT_EQ(rejection("n:1|c|@" + rate), "rate") << rate;
  }
  EXPECT_EQ(rejection("n:1|c|@0.5|@7"), "rate") << "a second one is not used, but is faulty";
}

TEST_F(StatsdLineRejects, LinesThatAreTooLong) {
  const std::string start = "n:1|c|#tenant:";
  EXPECT_EQ(rejection(start + std::string(kMaxLineBytes - start.size(), 'x')), "none");
  EXPECT_EQ(rejection(start + std::string(kMaxLineBytes - start.size() + 1, 'x')), "too_long");
  EXPECT_EQ(rejection(std::string(kMaxLineBytes + 1, '|')), "too_long");
}

TEST_F(StatsdLineRejects, TooManyValues) {
  std::string values;
  for (std::size_t i = 0; i < kMaxValues; ++i) values += ":1";
  EXPECT_EQ(read("n" + values + "|c").samples.size(), kMaxValues);
  EXPECT_EQ(rejection("n" + values + ":1|c"), "too_long");
  EXPECT_EQ(rejection("n" + values + "|c:1|c"), "too_long");
}

TEST_F(StatsdLineRejects, ForTheFirstFaultFromTheLeft) {
  EXPECT_EQ(rejection("n:x|y|@7"), "type") << "what a value must look like depends on the type";
  EXPECT_EQ(rejection("n:x|c|@7"), "value");
  EXPECT_EQ(rejection("n:1|c|@7:x|c"), "rate");
  EXPECT_EQ(rejection("n:|y|@7"), "malformed");
}

TEST(StatsdLine, AgreesWithTheReference) {
  constexpr int kLines = repetitions(40'000);
  RandomLines lines(20);
  StatsdLineReader reader;
  int accepted = 0;
  for (int i = 0; i < kLines; ++i) {
    const std::string line = i % 2 == 0 ? lines.right_line() : lines.spoilt_line();
    ASSERT_EQ(reference::difference(reader, line), "");
    if (reader.read(line)) ++accepted;
  }
  EXPECT_GT(accepted, kLines / 10);
  EXPECT_LT(accepted, kLines * 9 / 10);
}

TEST(StatsdLine, RejectionsHaveWordsOfTheirOwn) {
  for (std::size_t i = 0; i < kRejections; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(rejection_word(static_cast<Rejection>(i)),
                rejection_word(static_cast<Rejection>(j)));
    }
  }
}

}  // namespace
}  // namespace hitwatch::apps
