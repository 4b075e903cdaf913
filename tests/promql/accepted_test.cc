// What is accepted, and how it is printed.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "rules/promql/parser.h"
#include "rules/promql/printer.h"

namespace hitwatch::promql {
namespace {

struct AcceptedRow {
  std::string_view text;
  std::string_view printed = {};  // empty: the same
};

void PrintTo(const AcceptedRow& row, std::ostream* out) { *out << row.text; }

class Accepted : public testing::TestWithParam<AcceptedRow> {};

TEST_P(Accepted, PrintsAsPrometheusDoesAndReadsItAgain) {
  const AcceptedRow row = GetParam();
  const auto expr = parse(row.text);
  ASSERT_TRUE(expr) << describe(expr.error(), row.text);
  const std::string printed = print(**expr);
  EXPECT_EQ(printed, row.printed.empty() ? row.text : row.printed);
  const auto again = parse(printed);
  ASSERT_TRUE(again) << describe(again.error(), printed);
  EXPECT_EQ(print(**again), printed);
  EXPECT_EQ((*again)->type, (*expr)->type);
  EXPECT_EQ((*again)->height, (*expr)->height);
}

constexpr AcceptedRow kAcceptedNumbers[] = {
    {"1"},
    {"1.5"},
    {".5", "0.5"},
    {"5.", "5"},
    {"1e3", "1000"},
    {"12.34e-6", "0.00001234"},
    {"1E+2", "100"},
    {"0x1F", "31"},
    {"0X_1f", "31"},
    {"0755", "493"},
    {"08", "8"},
    {"1_000_000", "1000000"},
    {"1_000.5", "1000.5"},
    {"0"},
    {"Inf", "+Inf"},
    {"inF", "+Inf"},
    {"+Inf"},
    {"-inf", "-Inf"},
    {"nan", "NaN"},
    {"NAN", "NaN"},
    {"1e-999", "0"},
    {"9223372036854775808", "9223372036854776000"},
    {"-1"},
    {"+1", "1"},
    {"--1", "1"},
    {"-0", "-0"},
    {"5m"},
    {"-5m"},
    {"1h30m"},
    {"90m", "1h30m"},
    {"25h"},
    {"24h", "1d"},
    {"8d"},
    {"14d", "2w"},
    {"366d"},
    {"365d", "1y"},
    {"1500ms", "1s500ms"},
    {"0s"},
    {"5m * 2"},
};

constexpr AcceptedRow kAcceptedStrings[] = {
    {R"("a")"},
    {R"('a')", R"("a")"},
    {R"(`a\n"`)", R"("a\\n\"")"},
    {R"("\a\b\f\n\r\t\v\\\"")"},
    {R"('\'"')", R"("'\"")"},
    {R"("\x41\101\u00e9\U0001F600")", "\"AAé😀\""},
    {R"("\xff")"},
    {"\"\"", "\"\""},
    {"`a\nb`", R"("a\nb")"},
    {"(\"Foo\")"},
    {"\"a#b\" # c", "\"a#b\""},
};

constexpr AcceptedRow kAcceptedOperators[] = {
    {"1+2*3", "1 + 2 * 3"},
    {"(1+2)*3", "(1 + 2) * 3"},
    {"1-2-3", "1 - 2 - 3"},
    {"2^3^2", "2 ^ 3 ^ 2"},
    {"-2^2", "-2 ^ 2"},
    {"(-2)^2", "(-2) ^ 2"},
    {"2^-1^2", "2 ^ -1 ^ 2"},
    {"Inf ^ 2"},
    {"-Inf ^ 2"},
    {"2 ^ Inf", "2 ^ +Inf"},
    {"1 - -1"},
    {"--a", "--a"},
    {"+a"},
    {"-a offset 5m"},
    {"a % b atan2 c"},
    {"a AND b Or c UNLESS d", "a and b or c unless d"},
    {"1 == bool 1"},
    {"a==1", "a == 1"},
    {"a >= BOOL b", "a >= bool b"},
    {"a!=b", "a != b"},
    {"a<b", "a < b"},
    {"a and on(x) b", "a and on (x) b"},
    {"a and ignoring(x,y,) b", "a and ignoring (x, y) b"},
    {"a + on() b", "a + on () b"},
    {"a + ignoring() b", "a + b"},
    {"1 + on() b", "1 + b"},
    {"a * on(x) group_left b", "a * on (x) group_left () b"},
    {"a * on(x) group_left() b", "a * on (x) group_left () b"},
    {"a * ignoring(x) group_right(y,z) b", "a * ignoring (x) group_right (y, z) b"},
    {"a * ignoring() group_left b", "a * ignoring () group_left () b"},
    {"a * on(sum, by, on, bool, group_left, offset, and, start, atan2, without) b",
     "a * on (sum, by, on, bool, group_left, offset, and, start, atan2, without) b"},
    {R"(a + on("a.b", "c") d)", R"(a + on ("a.b", c) d)"},
    {R"(a + on("inf", a:b) d)", R"(a + on ("inf", a:b) d)"},
    {"a > bool on(x) group_left(y) b", "a > bool on (x) group_left (y) b"},
    {"a + fill(0) b", "a + fill (0) b"},
    {"a + on(x) fill_right(1) fill_left(-2) b", "a + on (x) fill_left (-2) fill_right (1) b"},
    {"a - fill_left(5m) b", "a - fill_left (300) b"},
    {"a - fill_left(1) fill_right(1) b", "a - fill (1) b"},
    {"a + fill"},
    {"a + fill_left{b=\"c\"}"},
};

constexpr AcceptedRow kAcceptedSelectors[] = {
    {"up"},
    {"a:b:c"},
    {":a"},
    {"up{}", "up"},
    {"up{job='x',}", R"(up{job="x"})"},
    {R"({job="x"})"},
    {R"(up{b!="1", a=~"x|y", c!~"z", d=""})", R"(up{a=~"x|y",b!="1",c!~"z",d=""})"},
    {R"({__name__="up"})"},
    {R"({__name__=~"a.*",__name__!="ab"})", R"({__name__!="ab",__name__=~"a.*"})"},
    {R"({"a.b"})", R"({__name__="a.b"})"},
    {R"({"a.b", c="d"})", R"({__name__="a.b",c="d"})"},
    {R"({"a.b"="x"})"},
    {R"(up{"a.b"=~"x", 'c'!="d"})", R"(up{"a.b"=~"x",c!="d"})"},
    {R"(up{sum="1", by="2", on="3", inf="4"})", R"(up{by="2",inf="4",on="3",sum="1"})"},
    {"up{a=`\\d+`}", R"(up{a="\\d+"})"},
    {"up{ # comment }\n a=\"b\" }", "up{a=\"b\"}"},
    {"up[5m]"},
    {"up[300]", "up[5m]"},
    {"up[0x10]", "up[16s]"},
    {"up[1.5]", "up[1s500ms]"},
    {"up [ 5m ]", "up[5m]"},
    {"up offset 5m"},
    {"up offset 300", "up offset 5m"},
    {"up offset -5m"},
    {"up offset +5m", "up offset 5m"},
    {"up offset 0", "up"},
    {"up @ 10", "up @ 10.000"},
    {"up @ -1.5", "up @ -1.500"},
    {"up @ 1h", "up @ 3600.000"},
    {"up @ start()"},
    {"up @ END()", "up @ end()"},
    {"up offset 5m @ 10", "up @ 10.000 offset 5m"},
    {"up[5m] offset 1m @ end()", "up[5m] @ end() offset 1m"},
    {"rate(up[5m])[1h:1m]"},
    {"up[1h:]"},
    {"up[1h:30]", "up[1h:30s]"},
    {"up offset 5m[1h:1m] @ 5 offset -1m", "up offset 5m[1h:1m] @ 5.000 offset -1m"},
    {"up[1h:1m] offset 5m"},
    {"(a + b)[5m:]"},
    {"max_over_time(rate(up[5m])[1h:])"},
    // Keywords as names of metrics.
    {"sum"},
    {"sum + by"},
    {"offset offset 5m"},
    {"Min{a=\"b\"}"},
    {"count[5m]"},
    {"start + end"},
    {"step"},
    {"range{a=\"b\"}"},
    {"min_of + max_of"},
    {"without and unless or and"},
    {"anchored / smoothed"},
};

constexpr AcceptedRow kAcceptedDurations[] = {
    {"up[5m + 1h]", "up[5m + 1h]"},
    {"up[5m*2]", "up[5m * 2]"},
    {"up[(5m)]", "up[5m]"},
    {"up[(5m)*2]", "up[5m * 2]"},
    {"up[(5m + 1) * 2]"},
    {"up[2 ^ 3 ^ 2s]"},
    {"up[(-2) ^ 2]"},
    {"up[-2 ^ 2 + 1h]"},
    {"up[-(-5m)]", "up[5m]"},
    {"up[10 % 7]"},
    {"up[step()]"},
    {"up[2 * STEP()]", "up[2 * step()]"},
    {"up[range() / 2]"},
    {"up[min(step(), 1m)]", "up[min_of(step(), 1m)]"},
    {"up[max_of(step(), 2 * range()) + 1m:step()]"},
    {"up[1h:5m / 2]"},
    {"up offset step()"},
    {"up offset -step()"},
    {"up offset (1h - 5m)"},
    {"up offset -(1h - 5m)"},
    {"up offset -min_of(1h, range())"},
    {"up offset 1m + 5", "up offset 1m + 5"},
    {"up offset -2 ^ 2", "up offset -2s ^ 2"},
    {"up offset step() * 2"},
    {"up[5m] offset (1h + 1m) @ 5", "up[5m] @ 5.000 offset (1h + 1m)"},
};

constexpr AcceptedRow kAcceptedCalls[] = {
    {"time()"},
    {"rate(up[5m])"},
    {"round(up)"},
    {"round(up,2)", "round(up, 2)"},
    {"hour()"},
    {"histogram_quantile(0.9, up)"},
    {"label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")"},
    {"label_join(up, \"a\", \",\")"},
    {"label_join(up, \"a\", \",\", \"b\", \"c\", \"d\")"},
    {"sort_by_label(up, \"a\", \"b\")"},
    {"sort_by_label_desc(up)"},
    {"holt_winters(up[5m], 0.1, 0.2)"},
    {"double_exponential_smoothing(up[5m], 0.1, 0.2)"},
    {"histogram_quantiles(up, \"q\", 0.5, 0.9)"},
    {"start() + end() - range() / step()"},
    {"min_of(1, 2) + max_of(3, step())"},
    {"info(up)"},
    {"info(up, {a=~\".*\"})"},
    {"predict_linear(up[5m] @ 3000, 1h)", "predict_linear(up[5m] @ 3000.000, 1h)"},
    {"sum(up)"},
    {"SUM(up) BY (job)", "sum by (job) (up)"},
    {"sum by(job)(up)", "sum by (job) (up)"},
    {"sum by () (up)", "sum(up)"},
    {"sum without () (up)"},
    {"sum without(a,b,)(up)", "sum without (a, b) (up)"},
    {"sum by (\"a.b\", \"c\") (up)", "sum by (\"a.b\", c) (up)"},
    {"topk(5, up)"},
    {"topk by (job) (scalar(up), up)"},
    {"count_values(\"v\", up)"},
    {"quantile(0.5, up) without (a)", "quantile without (a) (0.5, up)"},
    {"limitk(2, up)"},
    {"limit_ratio(-0.5, up)"},
    {"sum(sum by (a) (up)) / group(up)"},
};

INSTANTIATE_TEST_SUITE_P(Numbers, Accepted, testing::ValuesIn(kAcceptedNumbers));
INSTANTIATE_TEST_SUITE_P(Strings, Accepted, testing::ValuesIn(kAcceptedStrings));
INSTANTIATE_TEST_SUITE_P(Operators, Accepted, testing::ValuesIn(kAcceptedOperators));
INSTANTIATE_TEST_SUITE_P(Selectors, Accepted, testing::ValuesIn(kAcceptedSelectors));
INSTANTIATE_TEST_SUITE_P(Durations, Accepted, testing::ValuesIn(kAcceptedDurations));
INSTANTIATE_TEST_SUITE_P(Calls, Accepted, testing::ValuesIn(kAcceptedCalls));

}  // namespace
}  // namespace hitwatch::promql
