// Results of queries as Prometheus' HTTP API writes them.
#include "agent/rules/query_json.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

namespace hitwatch::rules {
namespace {

class QueryJson : public testing::Test {
 protected:
  window::Symbols symbols_;
  std::array<window::LabelPair, 2> pairs_{
      window::LabelPair{symbols_.name(), symbols_.intern("up")},
      window::LabelPair{symbols_.intern("job"), symbols_.intern("a\"<b>")}};
  window::LabelSet labels_{pairs_};
};

TEST_F(QueryJson, AVector) {
  promql::Result result;
  result.type = promql::ValueType::kVector;
  result.series = {{&labels_, {{1435781430781, 1}}}};
  EXPECT_EQ(query_answer(result, 0, 0),
            R"({"status":"success","data":{"resultType":"vector","result":[{"metric":)"
            R"({"__name__":"up","job":"a\"\u003cb\u003e"},"value":[1435781430.781,"1"]}]}})"
            "\n");
}

TEST_F(QueryJson, AMatrixAndItsNotes) {
  promql::Result result;
  result.type = promql::ValueType::kMatrix;
  result.series = {{&labels_, {{1000, 0.5}, {2000, std::numeric_limits<double>::infinity()}}}};
  result.annotations = {{true, "PromQL warning: w"}, {false, "PromQL info: i"}};
  EXPECT_EQ(query_answer(result, 0, 0),
            R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":)"
            R"({"__name__":"up","job":"a\"\u003cb\u003e"},"values":[[1,"0.5"],[2,"+Inf"]]}]},)"
            R"("warnings":["PromQL warning: w"],"infos":["PromQL info: i"]})"
            "\n");
}

TEST_F(QueryJson, AScalarAndAString) {
  promql::Result result;
  result.type = promql::ValueType::kScalar;
  result.scalar = 1e300;
  EXPECT_EQ(
      query_answer(result, 1500, 0),
      "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1.5,\"1e+300\"]}}"
      "\n");
  result.type = promql::ValueType::kString;
  result.text = "x\ty";
  EXPECT_EQ(query_answer(result, -1, 0),
            "{\"status\":\"success\",\"data\":{\"resultType\":\"string\",\"result\":[-0.001,"
            "\"x\\ty\"]}}\n");
}

TEST_F(QueryJson, MoreThanTheLimitIsCutOffAndSaid) {
  promql::Result result;
  result.series = {{&labels_, {{0, 1}}}, {&labels_, {{0, 2}}}};
  const std::string answer = query_answer(result, 0, 1);
  EXPECT_NE(answer.find("\"warnings\":[\"results truncated due to limit\"]"), answer.npos);
  EXPECT_EQ(answer.find("\"2\""), answer.npos);
}

TEST(JsonStrings, WhatIsNoUtf8IsReplaced) {
  std::string out;
  append_json_string(out, "a\xff\xc3\xa4\x01");
  EXPECT_EQ(out, "\"a\xef\xbf\xbd\xc3\xa4\\u0001\"");
}

}  // namespace
}  // namespace hitwatch::rules
