#include <gtest/gtest.h>

#include "tests/templates/expansion.h"

namespace hitwatch::templates {
namespace {

// Messages are promtool's; it knows the line, the column is ours.
TEST(TemplateSyntax, ErrorsNameTheirPlace) {
  static constexpr Row kRows[] = {
      {"{{ foo }}", R"(PARSE 1:4: function "foo" not defined)"},
      {"{{ if }}", "PARSE 1:7: missing value for if"},
      {"{{", "PARSE 1:3: unclosed action"},
      {"{{ $x }}", R"(PARSE 1:4: undefined variable "$x")"},
      {"{{ \"a", "PARSE 1:4: unterminated quoted string"},
      {"{{ `a", "PARSE 1:4: unterminated raw quoted string"},
      {"{{ end }}", "PARSE 1:8: unexpected {{end}}"},
      {"{{ else }}", "PARSE 1:9: unexpected {{else}}"},
      {"{{ if 1 }}", "PARSE 1:11: unexpected EOF"},
      {"{{ if 1 }}a{{ else }}b{{ else }}c{{ end }}", "PARSE 1:31: expected end; found {{else}}"},
      {"{{ break }}", "PARSE 1:10: {{break}} outside {{range}}"},
      {"{{ 1 | 2 }}", "PARSE 1:10: non executable command in pipeline stage 2"},
      {"{{ 1.foo }}", R"(PARSE 1:4: bad number syntax: "1.f")"},
      {"a\n b {{ range }}", "PARSE 2:13: missing value for range"},
      {"{{/* x", "PARSE 1:3: unclosed comment"},
      {"{{/* x */ y}}", "PARSE 1:10: comment ends before closing delimiter"},
      {"{{ if 1 }}{{ else with 2 }}{{ end }}", "PARSE 1:19: unexpected <with> in else"},
      {"{{ template x }}", R"(PARSE 1:13: unexpected "x" in template clause)"},
      {"{{ define \"x\" }}", "PARSE 1:17: unexpected EOF"},
      {"{{ define \"x\" }}a{{ end }}{{ define \"x\" }}b{{ end }}",
       R"(PARSE 1:51: template: multiple definition of template "x")"},
      {"{{ $a, $b := 1 }}", "PARSE 1:6: too many declarations in command"},
      {"{{ 9999999999999999999999 }}", R"(PARSE 1:4: integer overflow: "9999999999999999999999")"},
      {"{{ 09 }}", R"(PARSE 1:4: integer overflow: "09")"},
      {R"({{ "\q" }})", "PARSE 1:4: invalid syntax"},
      {"{{(1}}", "PARSE 1:5: unclosed left paren"},
      {"{{)}}", "PARSE 1:3: unexpected \")\" in command"},
      {"{{ @ }}", R"(PARSE 1:4: unexpected "@" in command)"},
      {"{{ ( ) }}", "PARSE 1:6: missing value for parenthesized pipeline"},
      {"{{ .x.y! }}", "PARSE 1:6: bad character U+0021 '!'"},
      {"{{ 'ab' }}", "PARSE 1:4: malformed character constant: 'ab'"},
      {"{{ nil.foo }}", R"(PARSE 1:7: unexpected . after term "nil")"},
      {"{{ 1 := 2 }}", R"(PARSE 1:6: unexpected ":=" in operand)"},
  };
  expect_expansions(kRows);
}

TEST(TemplateSyntax, IsCheckedWithoutExecution) {
  EXPECT_TRUE(AlertTemplate::parse("A", "{{ nil }}{{ index `abc` 9 }}{{ .No.Such.Field }}"));
}

TEST(TemplateSyntax, AtMost64KiB) {
  EXPECT_TRUE(AlertTemplate::parse("A", std::string(65000, 'x')));
  const auto parsed = AlertTemplate::parse("A", std::string(66000, 'x'));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().text, "the template is longer than 65536 bytes");
}

TEST(TemplateSyntax, OnlySoDeep) {
  const auto nested = [](int depth, std::string_view open, std::string_view close) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += open;
    for (int i = 0; i < depth; ++i) text += close;
    return text;
  };
  EXPECT_EQ(expand(nested(100, "{{ if 1 }}", "{{ end }}")), "");
  EXPECT_EQ(expand(nested(5000, "{{ if 1 }}", "{{ end }}")).find("PARSE"), 0U);
  EXPECT_EQ(expand("{{ 1 " + nested(10000, "(", ")") + " }}").find("PARSE"), 0U);
  EXPECT_EQ(expand("{{ if 0 }}" + nested(4000, "{{ else if 0 }}", "") + "{{ end }}").find("PARSE"),
            0U);
}

}  // namespace
}  // namespace hitwatch::templates
