// What is refused, where, and in which words.
#include <gtest/gtest.h>

#include <ostream>
#include <string_view>

#include "rules/promql/parser.h"

namespace hitwatch::promql {
namespace {

struct RefusedRow {
  std::string_view text;
  std::string_view error;
};

void PrintTo(const RefusedRow& row, std::ostream* out) { *out << row.text; }

class Refused : public testing::TestWithParam<RefusedRow> {};

TEST_P(Refused, SaysWhereAndWhyAsPrometheusDoes) {
  const RefusedRow row = GetParam();
  const auto expr = parse(row.text);
  ASSERT_FALSE(expr);
  EXPECT_EQ(describe(expr.error(), row.text), row.error);
}

constexpr RefusedRow kRefusedSyntax[] = {
    {"", "unknown position: no expression found in input"},
    {"# only a comment", "1:1: no expression found in input"},
    {"1+", "1:3: unexpected end of input"},
    {".", "1:1: unexpected character: '.'"},
    {"2.5.", "1:1: bad number or duration syntax: \"2.5.\""},
    {"100..4", "1:1: bad number or duration syntax: \"100..\""},
    {"0deadbeef", "1:1: bad number or duration syntax: \"0de\""},
    {"1__0", "1:1: bad number or duration syntax: \"1__\""},
    {"1e", "1:1: bad number or duration syntax: \"1e\""},
    {"1 /", "1:4: unexpected end of input"},
    {"*1", "1:1: unexpected <op:*>"},
    {"(1))", "1:5: unexpected right parenthesis ')'"},
    {"((1)", "1:5: unclosed left parenthesis"},
    {"(", "1:2: unclosed left parenthesis"},
    {"999999999999999999999999999999999999999999e999",
     "1:1: error parsing number: strconv.ParseFloat: parsing "
     "\"999999999999999999999999999999999999999999e999\": value out of range"},
    {"1 !~ 1", "1:3: unexpected character after '!': '~'"},
    {"1 =~ 1", "1:3: unexpected character after '=': '~'"},
    {"a = b", "1:3: unexpected \"=\""},
    {"foo bar", "1:5: unexpected identifier \"bar\""},
    {"foo a:b", "1:5: unexpected metric identifier \"a:b\""},
    {"foo\n  bar", "2:3: unexpected identifier \"bar\""},
    {"foo \"a string that is long\"", "1:5: unexpected string \"\\\"a string \"..."},
    {"foo 1", "1:5: unexpected number \"1\""},
    {"foo 5m", "1:5: unexpected duration \"5m\""},
    {"foo by", "1:5: unexpected <by>"},
    {"foo SUM", "1:5: unexpected <aggr:SUM>"},
    {"foo)", "1:5: unexpected right parenthesis ')'"},
    {"foo]", "1:4: unexpected right bracket ']'"},
    {"foo}", "1:4: unexpected character: '}'"},
    {"é", "1:1: unexpected character: 'é'"},
    {"up $ 1", "1:4: unexpected character: '$'"},
    {"on", "1:1: unexpected <on>"},
    {"a + bool", "1:9: unexpected end of input"},
    {"a + on b", "1:8: unexpected identifier \"b\" in grouping opts, expected \"(\""},
    {"a + on(1) b", "1:8: unexpected number \"1\" in grouping opts, expected label"},
    {"a + on(a b) c",
     "1:10: unexpected identifier \"b\" in grouping opts, expected \",\" or \")\""},
    {"a + on(,) c", "1:8: unexpected \",\" in grouping opts, expected label"},
    {"a + on(\"\") c", "1:8: invalid label name for grouping: \"\""},
    {"a + group_left b", "1:5: unexpected <group_left>"},
    {"a == on(x) bool b", "1:12: unexpected <bool>"},
    {"a + fill(b) c", "1:10: unexpected identifier \"b\""},
};

constexpr RefusedRow kRefusedStrings[] = {
    {"\"", "1:1: unterminated quoted string"},
    {"\"a\n\"", "1:1: unterminated quoted string"},
    {"`a", "1:1: unterminated raw string"},
    {"\"\\", "1:1: escape sequence not terminated"},
    {R"("\q")", "1:1: unknown escape sequence U+0071 'q'"},
    {R"("\'")", "1:1: unknown escape sequence U+0027 '''"},
    {R"("\x4g")", "1:1: illegal character U+0067 'g' in escape sequence"},
    {R"("\400")", "1:1: escape sequence is an invalid Unicode code point"},
    {R"("\ud800")", "1:1: escape sequence is an invalid Unicode code point"},
    {R"("\U00110000")", "1:1: escape sequence is an invalid Unicode code point"},
    {"\"\xff\"", "1:1: invalid UTF-8 rune"},
};

constexpr RefusedRow kRefusedSelectors[] = {
    {"{", "1:2: unexpected end of input inside braces"},
    {"up{", "1:4: unexpected end of input inside braces"},
    {"{}", "1:1: vector selector must contain at least one non-empty matcher"},
    {"{a=\"\"}", "1:1: vector selector must contain at least one non-empty matcher"},
    {"{a=~\".*\"}", "1:1: vector selector must contain at least one non-empty matcher"},
    {"{a!=\"b\"}", "1:1: vector selector must contain at least one non-empty matcher"},
    {"{a!~\"b\"}", "1:1: vector selector must contain at least one non-empty matcher"},
    {"{\"\"}", "1:1: vector selector must contain at least one non-empty matcher"},
    {"up{a}", "1:5: unexpected \"}\" in label matching, expected label matching operator"},
    {"up{a=b}", "1:6: unexpected identifier \"b\" in label matching, expected string"},
    {"up{a=1}", "1:6: unexpected character inside braces: '1'"},
    {"up{a:b=\"c\"}", "1:5: unexpected character inside braces: ':'"},
    {"up{,}", "1:4: unexpected \",\" in label matching, expected identifier or \"}\""},
    {"up{a=\"b\" c=\"d\"}",
     "1:10: unexpected identifier \"c\" in label matching, expected \",\" or \"}\""},
    {"up{a=\"b\",,}", "1:10: unexpected \",\" in label matching, expected identifier or \"}\""},
    {"up{a!b}", "1:5: unexpected character after '!' inside braces: 'b'"},
    {"up{a=={}", "1:6: unexpected \"=\" in label matching, expected string"},
    {"up{{", "1:4: unexpected left brace '{'"},
    {"up{__name__=\"down\"}", "1:1: metric name must not be set twice: \"up\" or \"down\""},
    {"up{\"down\"}", "1:1: metric name must not be set twice: \"up\" or \"down\""},
    {"{\"up\", \"down\"}", "1:1: metric name must not be set twice: \"up\" or \"down\""},
    {"{\"up\", __name__=\"down\"}", "1:1: metric name must not be set twice: \"up\" or \"down\""},
    {"up[5m", "1:6: unclosed left bracket"},
    {"up[", "1:4: unexpected end of input in duration expression"},
    {"up[a]", "1:4: unexpected character in duration expression: 'a'"},
    {"up[]",
     "1:4: unexpected \"]\" in subquery or range selector, expected number, duration, "
     "step(), or range()"},
    {"up[5m a]", "1:7: unexpected character: 'a', expected ':'"},
    {"up[5m 5m]", "1:7: unexpected duration \"5m\" in subquery or range, expected \":\" or \"]\""},
    {"up[5m:1m 1m]", "1:10: unexpected duration \"1m\" in subquery selector, expected \"]\""},
    {"up[5m::]", "1:7: unexpected colon ':'"},
    {"up[:5m]", "1:5: unexpected colon before duration in duration expression"},
    {"up[5m*]",
     "1:7: unexpected \"]\" in subquery or range selector, expected number, duration, "
     "step(), or range()"},
    {"up[0]", "1:4: duration must be greater than 0"},
    {"up[-5m]", "1:4: duration must be greater than 0"},
    {"up[5m:0s]", "1:7: duration must be greater than 0"},
    {"up[0.0001]", "1:4: duration must be greater than 0"},
    {"up[1m5h]", "1:4: not a valid duration string: \"1m5h\""},
    {"up[1.5h]", "1:4: not a valid duration string: \"1.5h\""},
    {"up[1hs]", "1:4: not a valid duration string: \"1hs\""},
    {"up[300y]", "1:4: duration out of range"},
    {"up[1e10]", "1:4: duration out of range"},
    {"up[5m / 0]", "1:7: division by zero"},
    {"up[5m % (0)]", "1:7: modulo by zero"},
    {"up[5m][5m]", "1:7: ranges only allowed for vector selectors"},
    {"1[5m]", "1:2: ranges only allowed for vector selectors"},
    {"(up)[5m]", "1:5: ranges only allowed for vector selectors"},
    {"up offset 1m[5m]", "1:13: no offset modifiers allowed before range"},
    {"up @ 1 [5m]", "1:8: no @ modifiers allowed before range"},
    {"up offset",
     "1:10: unexpected end of input in offset, expected number, duration, step(), or "
     "range()"},
    {"up offset a",
     "1:11: unexpected identifier \"a\" in offset, expected number, duration, "
     "step(), or range()"},
    {"up offset NaN", "1:11: duration out of range"},
    {"up offset 1m offset 2m", "1:1: offset may not be set multiple times"},
    {"1 offset 1m",
     "1:1: offset modifier must be preceded by an instant vector selector or range "
     "vector selector or a subquery"},
    {"sum(up) offset 1m",
     "1:1: offset modifier must be preceded by an instant vector selector or "
     "range vector selector or a subquery"},
    {"up @ 1 @ 2", "1:1: @ <timestamp> may not be set multiple times"},
    {"up @ start() @ 2", "1:1: @ <timestamp> may not be set multiple times"},
    {"up @", "1:5: unexpected end of input in @, expected timestamp"},
    {"up @ start", "1:11: unexpected end of input in @, expected timestamp"},
    {"up @ up", "1:6: unexpected identifier \"up\" in @, expected timestamp"},
    {"up @ Inf", "1:1: timestamp out of bounds for @ modifier: +Inf"},
    {"up @ -1e30",
     "1:1: timestamp out of bounds for @ modifier: "
     "-1000000000000000019884624838656.000000"},
    {"(up) @ 1",
     "1:1: @ modifier must be preceded by an instant vector selector or range vector "
     "selector or a subquery"},
    {"up[5m] anchored", "1:1: anchored modifier is not supported"},
    {"up smoothed", "1:1: smoothed modifier is not supported"},
};

constexpr RefusedRow kRefusedCalls[] = {
    {"foo()", "1:1: unknown function with name \"foo\""},
    {"Rate(up[5m])", "1:1: unknown function with name \"Rate\""},
    {"rate(up[5m],)", "1:12: trailing commas not allowed in function call args"},
    {"rate(", "1:6: unclosed left parenthesis"},
    {"rate(up[5m] 1)", "1:13: unexpected number \"1\""},
    {"rate()", "1:1: expected 1 argument(s) in call to \"rate\", got 0"},
    {"rate(up[5m], 1)", "1:1: expected 1 argument(s) in call to \"rate\", got 2"},
    {"round()", "1:1: expected at least 1 argument(s) in call to \"round\", got 0"},
    {"round(up, 1, 2)", "1:1: expected at most 2 argument(s) in call to \"round\", got 3"},
    {"hour(up, up)", "1:1: expected at most 1 argument(s) in call to \"hour\", got 2"},
    {"label_join(up)", "1:1: expected at least 3 argument(s) in call to \"label_join\", got 1"},
    {"rate(up)",
     "1:6: expected type range vector in call to function \"rate\", got instant "
     "vector"},
    {"1 + abs(2)", "1:9: expected type instant vector in call to function \"abs\", got scalar"},
    {"label_join(up, \"a\", \"b\", 1)",
     "1:26: expected type string in call to function \"label_join\", got scalar"},
    {"info(up, 1)", "1:1: expected type instant vector in call to function \"info\", got scalar"},
    {"info(up, up)", "1:10: expected label selectors only, got vector selector instead"},
    {"info(up, abs(up))", "1:10: expected label selectors only"},
    {"sum()", "1:1: no arguments for aggregate expression provided"},
    {"sum(up, up)",
     "1:1: wrong number of arguments for aggregate expression provided, expected 1, got 2"},
    {"topk(up)",
     "1:1: wrong number of arguments for aggregate expression provided, expected 2, got 1"},
    {"sum(up up)", "1:8: unexpected identifier \"up\" in aggregation"},
    {"sum(rate(up 5))", "1:13: unexpected number \"5\" in aggregation"},
    {"sum up", "1:5: unexpected identifier \"up\""},
    {"sum by (a) up", "1:12: unexpected identifier \"up\" in aggregation"},
    {"sum by a (up)", "1:8: unexpected identifier \"a\" in grouping opts, expected \"(\""},
    {"sum (up) by (a) by (b)", "1:17: unexpected <by>"},
    {"sum(up) up", "1:9: unexpected identifier \"up\""},
    {"sum(1)", "1:5: expected type instant vector in aggregation expression, got scalar"},
    {"sum(up[5m])",
     "1:5: expected type instant vector in aggregation expression, got range vector"},
    {"topk(up, up)", "1:6: expected type scalar in aggregation parameter, got instant vector"},
    {"count_values(1, up)", "1:14: expected type string in aggregation parameter, got scalar"},
    {"quantile(\"a\", up)", "1:10: expected type scalar in aggregation parameter, got string"},
};

constexpr RefusedRow kRefusedTypes[] = {
    {"1 == 1", "1:3: comparisons between scalars must use BOOL modifier"},
    {"1 + bool 2", "1:3: bool modifier can only be used on comparison operators"},
    {"1 or 1", "1:1: set operator \"or\" not allowed in binary scalar expression"},
    {"up and 1", "1:1: set operator \"and\" not allowed in binary scalar expression"},
    {"1 == on(a) up", "1:1: vector matching only allowed between instant vectors"},
    {"up + fill(1) 2", "1:1: filling in missing series only allowed between instant vectors"},
    {"up and fill(1) up", "1:1: filling in missing series not allowed for set operators"},
    {"a and on(b) group_left(c) d", "1:1: no grouping allowed for \"and\" operation"},
    {"a * on(b) group_left(b) d", "1:3: label \"b\" must not occur in ON and GROUP clause at once"},
    {"up[5m] + 1", "1:1: binary expression must contain only scalar and instant vector types"},
    {"1 + \"a\"", "1:5: binary expression must contain only scalar and instant vector types"},
    {"-\"a\"",
     "1:1: unary expression only allowed on expressions of type scalar or instant vector, "
     "got \"string\""},
    {"-up[5m]",
     "1:1: unary expression only allowed on expressions of type scalar or instant "
     "vector, got \"range vector\""},
    {"up[5m][1h:]", "1:1: subquery is only allowed on instant vector, got matrix instead"},
    {"1[5m:]", "1:1: subquery is only allowed on instant vector, got scalar instead"},
    {"\"a\"[5m:]", "1:1: subquery is only allowed on instant vector, got string instead"},
};

INSTANTIATE_TEST_SUITE_P(Syntax, Refused, testing::ValuesIn(kRefusedSyntax));
INSTANTIATE_TEST_SUITE_P(Strings, Refused, testing::ValuesIn(kRefusedStrings));
INSTANTIATE_TEST_SUITE_P(Selectors, Refused, testing::ValuesIn(kRefusedSelectors));
INSTANTIATE_TEST_SUITE_P(Calls, Refused, testing::ValuesIn(kRefusedCalls));
INSTANTIATE_TEST_SUITE_P(Types, Refused, testing::ValuesIn(kRefusedTypes));

}  // namespace
}  // namespace hitwatch::promql
