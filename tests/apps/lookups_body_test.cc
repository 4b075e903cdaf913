// What applications may send to POST /v1/lookups, and what they are told of a fault.
#include "collectors/apps/lookups_body.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/apps/plain_lookups_body.h"
#include "tests/repetitions.h"

namespace hitwatch::apps {
namespace {

using lookups::Outcome;
using testing::HasSubstr;
using testing::Not;

std::vector<Report> reports_of(std::string_view body) {
  auto reports = parse_lookups_body(body);
  if (reports) return *std::move(reports);
  ADD_FAILURE() << "line " << reports.error().line << ": " << reports.error().text;
  return {};
}

// "line: text"
std::string fault_of(std::string_view body) {
  const auto reports = parse_lookups_body(body);
  if (reports) return fmt::format("no fault, {} reports", reports->size());
  return fmt::format("{}: {}", reports.error().line, reports.error().text);
}

TEST(LookupsBody, AnObjectSaysEverything) {
  const auto reports =
      reports_of(R"({"tenant":"acme","type":"catalog","key":"catalog:acme:1","operation":"get",)"
                 R"("layer":"local","result":"miss","count":3,"latency_ms":2.5})");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].tenant, "acme");
  EXPECT_EQ(reports[0].type, "catalog");
  EXPECT_EQ(reports[0].key, "catalog:acme:1");
  EXPECT_EQ(reports[0].operation, "get");
  EXPECT_EQ(reports[0].layer, "local");
  EXPECT_EQ(reports[0].outcome, Outcome::kMiss);
  EXPECT_EQ(reports[0].count, 3);
  EXPECT_EQ(reports[0].latency_seconds, 0.0025);
}

TEST(LookupsBody, AReportMayNameItsTrace) {
  const auto reports =
      reports_of(R"({"result":"hit","trace_id":"0AF7651916cd43dd8448eb211c80319c"})"
                 "\n"
                 R"({"result":"hit","span_id":"b7ad6b7169203331","latency_ms":1,)"
                 R"("trace_id":"0af7651916cd43dd8448eb211c80319c"})");
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(trace::to_hex(reports[0].trace), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_FALSE(reports[0].span.valid());
  EXPECT_EQ(reports[1].trace, reports[0].trace);
  EXPECT_EQ(trace::to_hex(reports[1].span), "b7ad6b7169203331");
  EXPECT_FALSE(reports_of(R"({"result":"hit"})")[0].trace.valid());
}

TEST(LookupsBody, ATraceThatIsNoneIsAFaultOfItsLine) {
  const std::string good = "{\"result\":\"hit\"}\n";
  for (const std::string text :
       {"", "0af7", "0af7651916cd43dd8448eb211c80319x", "00000000000000000000000000000000",
        "0af7651916cd43dd8448eb211c80319c00"}) {
    EXPECT_EQ(fault_of(good + "{\"result\":\"hit\",\"trace_id\":\"" + text + "\"}"),
              "2: trace_id must be 32 hexadecimal digits that are not all 0");
  }
  EXPECT_EQ(fault_of(good + R"({"result":"hit","trace_id":"0af7651916cd43dd8448eb211c80319c",)"
                            R"("span_id":"0000000000000000"})"),
            "2: span_id must be 16 hexadecimal digits that are not all 0");
  EXPECT_EQ(fault_of(R"({"result":"hit","span_id":"b7ad6b7169203331"})"),
            "1: span_id needs a trace_id");
  EXPECT_EQ(fault_of(R"({"result":"hit","trace_id":7})"),
            "1: trace_id must be a string, not a number");
}

TEST(LookupsBody, OnlyTheResultMustBeThere) {
  const auto reports = reports_of(R"({"result":"error"})");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].outcome, Outcome::kError);
  EXPECT_EQ(reports[0].count, 1);
  EXPECT_LT(reports[0].latency_seconds, 0) << "not given";
  EXPECT_EQ(reports[0].tenant, "");
  EXPECT_EQ(fault_of("{}"), "1: result is missing: 'hit', 'miss' or 'error'");
}

TEST(LookupsBody, MayBeAListOrAnObjectALine) {
  EXPECT_EQ(reports_of(R"([{"result":"hit"},{"result":"miss"}])").size(), 2U);
  EXPECT_EQ(reports_of("[\n {\"result\":\"hit\"},\n {\"result\":\n\"miss\"}\n]\n").size(), 2U);
  EXPECT_EQ(reports_of("[]").size(), 0U);
  EXPECT_EQ(reports_of("{\"result\":\"hit\"}\n{\"result\":\"miss\"}").size(), 2U);
  EXPECT_EQ(reports_of("\n \t\r\n{\"result\":\"hit\"}\r\n\r\n{\"result\":\"miss\"}\r\n\n").size(),
            2U);
}

TEST(LookupsBody, AnObjectMaySpanLinesIfItIsAlone) {
  EXPECT_EQ(reports_of("{\n  \"result\":\n  \"hit\"\n}\n").size(), 1U);
  EXPECT_THAT(fault_of("{\n\"result\":\"hit\"}\n{\"result\":\"hit\"}\n"), HasSubstr("1: not JSON"));
}

TEST(LookupsBody, NothingIsAFault) {
  EXPECT_EQ(fault_of(""), "1: the body is empty");
  EXPECT_EQ(fault_of(" \r\n\n"), "1: the body is empty");
}

TEST(LookupsBody, TheLineOfAFaultIsNamed) {
  const std::string good = "{\"result\":\"hit\",\"count\":1}\n";
  EXPECT_THAT(fault_of(good + "\n" + good + "{\"result\":\"hit\",\"count\":0}\n" + good),
              HasSubstr("4: count must be"));
  EXPECT_THAT(fault_of("[{\"result\":\"hit\"},\n{\"result\":\"hit\",\n\"count\":-1\n}]"),
              HasSubstr("3: count must be"));
  EXPECT_THAT(fault_of("[\n{\"result\":\"hit\",\n\"latency_ms\":-1\n\n}]"),
              HasSubstr("3: latency_ms"));
  EXPECT_THAT(fault_of("{\"count\":1,\n\"result\"\n:\"hot\"\n\n}"), HasSubstr("3: result must be"));
  EXPECT_THAT(fault_of(good + good + "{\"result\":\"hit\""), HasSubstr("3: not JSON"));
}

TEST(LookupsBody, NothingOfAFaultyBodyIsTaken) {
  EXPECT_FALSE(parse_lookups_body("{\"result\":\"hit\"}\n{\"result\":\"hit\"}\nx\n"));
  EXPECT_FALSE(parse_lookups_body("[{\"result\":\"hit\"},{\"result\":\"hit\"}"));
}

TEST(LookupsBody, UnknownFieldsAreFaults) {
  EXPECT_EQ(fault_of(R"({"result":"hit","tennant":"acme"})"),
            "1: unknown field 'tennant'; the fields are tenant, type, key, operation, layer, "
            "result, count, latency_ms, trace_id, span_id");
  EXPECT_THAT(fault_of(R"({"result":"hit","a b\u0007":1})"), HasSubstr("1: unknown field; the"));
  EXPECT_THAT(fault_of(R"({"result":"hit","":1})"), HasSubstr("unknown field;"));
  EXPECT_THAT(fault_of(R"({"Result":"hit"})"), HasSubstr("unknown field 'Result'"));
}

TEST(LookupsBody, FieldsGivenTwiceAreFaults) {
  EXPECT_EQ(fault_of(R"({"result":"hit","result":"hit"})"), "1: result is given twice");
  EXPECT_EQ(fault_of(R"({"result":"hit","count":1,"co\u0075nt":2})"), "1: count is given twice");
  EXPECT_EQ(reports_of("{\"result\":\"hit\"}\n{\"result\":\"hit\"}").size(), 2U);
}

TEST(LookupsBody, WrongTypesAreFaults) {
  EXPECT_EQ(fault_of(R"({"tenant":1})"), "1: tenant must be a string, not a number");
  EXPECT_EQ(fault_of(R"({"type":null})"), "1: type must be a string, not null");
  EXPECT_EQ(fault_of(R"({"key":true})"), "1: key must be a string, not true or false");
  EXPECT_EQ(fault_of(R"({"layer":{}})"), "1: layer must be a string, not an object");
  EXPECT_EQ(fault_of(R"({"operation":[]})"), "1: operation must be a string, not a list");
  EXPECT_EQ(fault_of(R"({"result":1})"), "1: result must be a string, not a number");
  EXPECT_EQ(fault_of(R"({"count":"1"})"), "1: count must be a number, not a string");
  EXPECT_EQ(fault_of(R"({"latency_ms":false})"),
            "1: latency_ms must be a number, not true or false");
}

TEST(LookupsBody, ResultsAreThreeWords) {
  for (const std::string word : {"", "HIT", "hit ", "hits", "cached", "error\\u0000"}) {
    EXPECT_EQ(fault_of("{\"result\":\"" + word + "\"}"),
              "1: result must be 'hit', 'miss' or 'error'")
        << word;
  }
}

TEST(LookupsBody, CountsAreWholeNumbersFromOne) {
  for (const std::string count : {"0", "-1", "1.5", "1000000001", "1e10", "-0", "0.9999999",
                                  "18446744073709551616", "-9223372036854775808"}) {
    EXPECT_EQ(fault_of("{\"result\":\"hit\",\"count\":" + count + "}"),
              "1: count must be a whole number from 1 to 1000000000")
        << count;
  }
  EXPECT_EQ(reports_of(R"({"result":"hit","count":1e3})")[0].count, 1000);
  EXPECT_EQ(reports_of(R"({"result":"hit","count":1000000000})")[0].count, 1e9);
}

TEST(LookupsBody, LatenciesAreFiniteAndNotNegative) {
  for (const std::string latency : {"-1", "-0.001", "1e10", "1000000001"}) {
    EXPECT_EQ(fault_of("{\"result\":\"hit\",\"latency_ms\":" + latency + "}"),
              "1: latency_ms must be a number from 0 to 1000000000")
        << latency;
  }
  EXPECT_EQ(fault_of(R"({"result":"hit","latency_ms":1e999})"),
            "1: not JSON: a number is out of range");
  EXPECT_THAT(fault_of(R"({"result":"hit","latency_ms":NaN})"), HasSubstr("1: not JSON"));
  EXPECT_EQ(reports_of(R"({"result":"hit","latency_ms":0})")[0].latency_seconds, 0);
  EXPECT_EQ(reports_of(R"({"result":"hit","latency_ms":1e9})")[0].latency_seconds, 1e6);
}

TEST(LookupsBody, OnlyObjectsAreLookups) {
  for (const std::string body : {"1", "\"hit\"", "null", "true", "[1]", "[null]", "[\"hit\"]"}) {
    EXPECT_THAT(fault_of(body), HasSubstr("1: must be an object like")) << body;
  }
  EXPECT_THAT(fault_of("[[{\"result\":\"hit\"}]]"), HasSubstr("not a list"));
  EXPECT_THAT(fault_of("{\"result\":\"hit\"}\n[{\"result\":\"hit\"}]"),
              HasSubstr("2: must be an object"));
  EXPECT_THAT(fault_of("{\"result\":\"hit\"}\n7"), HasSubstr("2: must be an object"));
}

TEST(LookupsBody, WhatIsNoJsonIsSaidSo) {
  for (const std::string body :
       {"x", "{", "{\"result\":\"hit\"", "{\"result\":\"hit\"} x", "{\"result\":\"hit\",}",
        "{'result':'hit'}", "[{\"result\":\"hit\"}]]", "[{\"result\":\"hit\"},]", "cache.hit:1|c",
        "{\"result\":\"hit\"}{\"result\":\"hit\"}", "{\"result\":\"hit\"},{\"result\":\"hit\"}",
        "{\"result\":\"hit\"} // a comment", "{\"tenant\":\"a\nb\",\"result\":\"hit\"}"}) {
    EXPECT_THAT(fault_of(body), HasSubstr("not JSON")) << body;
  }
  EXPECT_THAT(fault_of("password=hunter2"), Not(HasSubstr("hunter2")));
}

TEST(LookupsBody, InvalidUtf8IsAFaultOfItsLine) {
  EXPECT_THAT(fault_of("{\"result\":\"hit\"}\n{\"result\":\"hit\",\"key\":\"a\xff\"}\n"),
              HasSubstr("2: not JSON"));
  EXPECT_THAT(fault_of("{\"tenant\":\"\xc0\xaf\",\"result\":\"hit\"}"), HasSubstr("1: not JSON"));
  EXPECT_THAT(fault_of("{\"tenant\":\"\\ud800\",\"result\":\"hit\"}"), HasSubstr("1: not JSON"));
  EXPECT_EQ(reports_of("{\"tenant\":\"caf\xc3\xa9\",\"result\":\"hit\"}")[0].tenant, "caf\xc3\xa9");
}

TEST(LookupsBody, DepthCostsNothing) {
  EXPECT_THAT(fault_of(std::string(4U << 20, '[')), HasSubstr("not a list"));
  std::string nested;
  for (int i = 0; i < 1'000'000; ++i) nested += "{\"key\":";
  EXPECT_THAT(fault_of(nested), HasSubstr("key must be a string, not an object"));
}

TEST(LookupsBody, SizesAreBounded) {
  std::string list = "[";
  for (std::size_t i = 0; i < kMaxReports; ++i) list += "{\"result\":\"hit\"},\n";
  std::string most = list;
  most.replace(most.size() - 2, 2, "]");
  EXPECT_EQ(reports_of(most).size(), kMaxReports);
  EXPECT_EQ(fault_of(list + "{\"result\":\"hit\"}]"),
            fmt::format("{}: more than 100000 lookups in one body", kMaxReports + 1));
  EXPECT_EQ(fault_of(std::string(kMaxLookupsBody + 1, 'x')), "1: more than 8388608 bytes");
}

// Bodies that are nearly right, made of pieces that go together now and then.
std::string random_body(std::mt19937& random) {
  static constexpr auto kPieces =
      std::to_array<std::string_view>({"{",
                                       "}",
                                       "[",
                                       "]",
                                       ",",
                                       ":",
                                       "\n",
                                       " ",
                                       "\"result\":\"hit\"",
                                       "\"result\":\"miss\"",
                                       "\"count\":2",
                                       "\"count\":0",
                                       "\"count\":1.0",
                                       "\"latency_ms\":1.5",
                                       "\"latency_ms\":-1",
                                       "\"tenant\":\"a\"",
                                       "\"key\":\"\xc3\xa9\"",
                                       "\"key\":\"\xc3\"",
                                       "\"type\":null",
                                       "{\"result\":\"hit\"}",
                                       "{\"result\":\"error\",\"count\":7}\n",
                                       "{\"result\":\"miss\",\n",
                                       "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"",
                                       "\"trace_id\":\"0af7\"",
                                       "\"span_id\":\"b7ad6b7169203331\"",
                                       "\"typ\":\"a\"",
                                       "\r\n",
                                       "\"operation\":\"\\u0041\""});
  std::string body;
  const std::size_t count = 1 + random() % 12;
  for (std::size_t i = 0; i < count; ++i) body += kPieces[random() % kPieces.size()];
  return body;
}

TEST(LookupsBody, AgreesWithAPlainReading) {
  constexpr int kBodies = repetitions(100'000);
  std::mt19937 random(11);
  int accepted = 0;
  for (int i = 0; i < kBodies; ++i) {
    const std::string body = random_body(random);
    const auto expected = plain_reports(body);
    const auto reports = parse_lookups_body(body);
    ASSERT_EQ(reports.has_value(), expected.has_value()) << body;
    if (!reports) continue;
    ++accepted;
    ASSERT_EQ(reports->size(), expected->size()) << body;
    for (std::size_t at = 0; at < reports->size(); ++at) {
      ASSERT_TRUE(equal((*reports)[at], (*expected)[at])) << body;
    }
  }
  EXPECT_GT(accepted, kBodies / 200);
}

}  // namespace
}  // namespace hitwatch::apps
