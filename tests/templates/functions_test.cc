#include <gtest/gtest.h>

#include "tests/templates/expansion.h"

namespace hitwatch::templates {
namespace {

TEST(TemplateFunctions, ChangeTexts) {
  static constexpr Row kRows[] = {
      {R"({{ html "<a href=\"x\">'&" }})", "&lt;a href=&#34;x&#34;&gt;&#39;&amp;"},
      {R"({{ html 1 2 "<" }})", "1 2&lt;"},
      {R"({{ js "it's <b> \n = é \u2028" }})", "it\\'s \\u003Cb\\u003E \\u000A \\u003D é \\u2028"},
      {R"({{ urlquery "a b&c=d/é~._-" }})", "a+b%26c%3Dd%2F%C3%A9~._-"},
      {R"({{ urlquery 1 2 "x y" }})", "1+2x+y"},
      {"{{ html nil }}", "&lt;no value&gt;"},
      {"{{ html }}", ""},
      {R"({{ $labels.inst | toUpper | printf "%s!" }})", "A:1!"},
      {R"({{ toUpper "straße ǆ ÿ i" }})", "STRAßE Ǆ Ÿ I"},
      {R"({{ toLower "ÀÉ İ ΑΣ" }})", "àé i ασ"},
      {R"({{ title "" }})", ""},
      {R"({{ graphLink "up{a=\"b\"} / 2" }})", "/graph?g0.expr=up%7Ba%3D%22b%22%7D+%2F+2&g0.tab=0"},
      {R"({{ tableLink "a b" }})", "/graph?g0.expr=a+b&g0.tab=1"},
      {R"({{ parseDuration "1h30m" }})", "5400"},
      {R"({{ parseDuration "0" }})", "0"},
      {R"({{ parseDuration "1y2w3d4h5m6s7ms" }})", "3.3019506007e+07"},
      {R"({{ parseDuration "292y" }})", "9.208512e+09"},
      {R"({{ parseDuration "0s" }})", "0"},
      {R"({{ parseDuration "1ms" }})", "0.001"},
      {R"({{ safeHtml "<b>" }})", "<b>"},
  };
  expect_expansions(kRows);
}

TEST(TemplateFunctions, UnderstandAddresses) {
  static constexpr Row kRows[] = {
      {R"({{ stripPort "a:1" }})", "a"},
      {R"({{ stripDomain "a:1" }})", "a:1"},
      {R"({{ stripPort "a.b.c:9100" }})", "a.b.c"},
      {R"({{ stripDomain "a.b.c:9100" }})", "a:9100"},
      {R"({{ stripPort "a.b.c" }})", "a.b.c"},
      {R"({{ stripDomain "a.b.c" }})", "a"},
      {R"({{ stripPort "10.0.0.1:9090" }})", "10.0.0.1"},
      {R"({{ stripDomain "10.0.0.1:9090" }})", "10.0.0.1:9090"},
      {R"({{ stripPort "10.0.0.1" }})", "10.0.0.1"},
      {R"({{ stripDomain "10.0.0.1" }})", "10.0.0.1"},
      {R"({{ stripPort "[::1]:9100" }})", "::1"},
      {R"({{ stripDomain "[::1]:9100" }})", "[::1]:9100"},
      {R"({{ stripPort "::1" }})", "::1"},
      {R"({{ stripDomain "::1" }})", "::1"},
      {R"({{ stripPort "[::1]" }})", "[::1]"},
      {R"({{ stripDomain "[::1]" }})", "[::1]"},
      {R"({{ stripPort "a:b:c" }})", "a:b:c"},
      {R"({{ stripDomain "a:b:c" }})", "a:b:c"},
      {R"({{ stripPort "" }})", ""},
      {R"({{ stripDomain "" }})", ""},
      {R"({{ stripPort ".a:1" }})", ".a"},
      {R"({{ stripDomain ".a:1" }})", ":1"},
      {R"({{ stripPort "a.b:" }})", "a.b"},
      {R"({{ stripDomain "a.b:" }})", "a"},
      {R"({{ stripPort "[a.b]:1" }})", "a.b"},
      {R"({{ stripDomain "[a.b]:1" }})", "a:1"},
      {R"({{ stripPort "[a:1" }})", "[a:1"},
      {R"({{ stripDomain "[a:1" }})", "[a:1"},
      {R"({{ stripPort "a]:1" }})", "a]:1"},
      {R"({{ stripDomain "a]:1" }})", "a]:1"},
      {R"({{ stripPort "[fe80::1%eth0]:1" }})", "fe80::1%eth0"},
      {R"({{ stripDomain "[fe80::1%eth0]:1" }})", "[fe80::1%eth0]:1"},
      {R"({{ stripPort "1.2.3:4" }})", "1.2.3"},
      {R"({{ stripDomain "1.2.3:4" }})", "1:4"},
      {R"({{ stripPort "host.:1" }})", "host."},
      {R"({{ stripDomain "host.:1" }})", "host:1"},
      {R"({{ stripPort ":9100" }})", ""},
      {R"({{ stripDomain ":9100" }})", ":9100"},
      {R"({{ stripPort "[]:1" }})", ""},
      {R"({{ stripDomain "[]:1" }})", ":1"},
      {R"({{ stripPort "a[b]:1" }})", "a[b]:1"},
      {R"({{ stripDomain "a[b]:1" }})", "a[b]:1"},
      {R"({{ stripPort "[x]y:1" }})", "[x]y:1"},
      {R"({{ stripDomain "[x]y:1" }})", "[x]y:1"},
      {R"({{ stripPort "localhost" }})", "localhost"},
      {R"({{ stripDomain "localhost" }})", "localhost"},
      {R"({{ stripPort "256.1.1.1:80" }})", "256.1.1.1"},
      {R"({{ stripDomain "256.1.1.1:80" }})", "256:80"},
      {R"({{ stripPort "01.2.3.4:5" }})", "01.2.3.4"},
      {R"({{ stripDomain "01.2.3.4:5" }})", "01:5"},
  };
  expect_expansions(kRows);
}

TEST(TemplateFunctions, UseRegularExpressions) {
  static constexpr Row kRows[] = {
      {R"({{ reReplaceAll "(.*):.*" "$1" $labels.inst }})", "a"},
      {R"({{ reReplaceAll "b*" "-" "abbcb" }})", "-a-c-"},
      {R"({{ reReplaceAll "" "-" "abc" }})", "-a-b-c-"},
      {R"({{ reReplaceAll "" "-" "" }})", "-"},
      {R"({{ reReplaceAll "(?P<n>a)(b)?" "<${n}|$2|$9|$n1|$$|$|${|$x y>" "aab" }})",
       "<a||||$|$|${| y><a|b|||$|$|${| y>"},
      {R"({{ reReplaceAll "a" "$1x" "a" }})", ""},
      {"{{ reReplaceAll \"(a)\" \"${1}x$01\" \"a\" }}", "ax"},
      {R"({{ reReplaceAll "^a" "b" "aaa" }})", "baa"},
      {R"({{ reReplaceAll "\\b" "|" "ab cd" }})", "|ab| |cd|"},
      {R"({{ reReplaceAll "é" "e" "éé" }})", "ee"},
      {R"({{ reReplaceAll "x*" "-" "éa" }})", "-é-a-"},
      {R"({{ "a1b2" | reReplaceAll "[0-9]" "#" }})", "a#b#"},
      {R"({{ match "a.c" "xabcx" }})", "true"},
      {R"({{ match "^a$" "ab" }})", "false"},
      {R"({{ match "(?i)ABC" "xabc" }})", "true"},
      {R"({{ match "" "" }})", "true"},
      {"{{ match \"(?P<n>a)(?P<n>b)\" \"a\" }}", "false"},
      {R"({{ match "a{,5}" "a" }})", "false"},
      {R"({{ match "\\Qa+\\E" "a" }})", "false"},
      {R"({{ match "\\z" "a" }})", "true"},
      {R"({{ match "$" "a" }})", "true"},
      {R"({{ match "(|a)*" "a" }})", "true"},
  };
  expect_expansions(kRows);
}

TEST(TemplateFunctions, WorkOnSamples) {
  static constexpr Row kRows[] = {
      {R"({{ range $i,$s := query "up" }}{{$i}}{{$s.Value}}{{ end }})", "0110"},
      {R"({{ range query "nope" }}x{{ else }}empty{{ end }})", "empty"},
      {R"({{ range query "up" }}{{ if eq .Value 1.0 }}{{ continue }}{{ end }}{{.Value}}{{ end }})",
       "0"},
      {R"({{ range query "up" }}{{.Value}}{{ break }}{{ end }}z)", "1z"},
      {R"({{ (index (query "up") 1).Labels.instance }})", "h2:6379"},
      {R"({{ len (slice (query "up") 1) }})", "1"},
      {R"({{ len (query "up") }})", "2"},
      {R"({{ or 1 (first (query "nope")) }})", "1"},
      {R"({{ and 0 (first (query "nope")) }})", "0"},
      {R"({{ label "instance" (query "up" | first) }})", "h1:6379"},
      {R"({{ query "up" | first | label "nope" }}|)", "|"},
      {R"({{ query "up" | first | value }})", "1"},
      {R"({{ with query "up" }}{{ . | first | value | humanize }}{{ end }})", "1"},
      {R"({{ range sortByLabel "instance" (query "up") }}{{ .Labels.instance }} {{ end }})",
       "h1:6379 h2:6379 "},
      {R"({{ range query "up" | sortByLabel "instance" }}{{ . | label "instance" }} {{ end }})",
       "h1:6379 h2:6379 "},
      {R"({{ args 1 2 | printf "%v" }})", "map[arg0:1 arg1:2]"},
      {"{{ (args 1 2).arg1 }}", "2"},
      {"{{ args }}", "map[]"},
      {"{{ (args).x }}", "<no value>"},
      {"{{ with args 1 }}{{ .arg0 }}{{ end }}", "1"},
      {R"({{ query "up" | first | value | humanize | printf "%q" | len }})", "3"},
  };
  expect_expansions(kRows);
}

// promtool has no external URL of its own to check these with.
TEST(TemplateFunctions, KnowTheExternalUrl) {
  EXPECT_EQ(expand("{{ externalURL }}{{ tableLink `up` }}"),
            "http://prom.example/p/graph?g0.expr=up&g0.tab=1");
  EXPECT_EQ(expand("{{ pathPrefix }}"), "/p");
}

TEST(TemplateFunctions, IncludeThoseOfLaterPrometheus) {
  EXPECT_EQ(expand("{{ now }}"), "1.7000000005e+09");
  EXPECT_EQ(expand("{{ (toTime now).Format `2006-01-02` }}"), "2023-11-14");
  EXPECT_EQ(expand("{{ toDuration 3661.5 }}"), "1h1m1.5s");
  EXPECT_EQ(expand("{{ (toDuration 90).Minutes }}"), "1.5");
  EXPECT_EQ(expand("{{ ((toTime now).Add (toDuration 86400)).Format `Jan 2` }}"), "Nov 15");
  EXPECT_EQ(expand("{{ humanizeDuration (toDuration 90) }}"), "1m 30s");
  EXPECT_EQ(expand("{{ urlQueryEscape `a b&c` }}"), "a+b%26c");
}

TEST(TemplateFunctions, AskNothingWithoutAQuery) {
  const auto parsed = AlertTemplate::parse("A", "{{ query `up` }}");
  ASSERT_TRUE(parsed);
  const auto text = parsed->execute({.labels = {}, .external_labels = {}, .external_url = ""});
  ASSERT_FALSE(text);
  EXPECT_TRUE(text.error().ends_with("error calling query: queries are not possible here"));
}

}  // namespace
}  // namespace hitwatch::templates
