#include <gtest/gtest.h>

#include "tests/templates/expansion.h"

namespace hitwatch::templates {
namespace {

TEST(TemplateLanguage, WritesWhatActionsEvaluateTo) {
  static constexpr Row kRows[] = {
      {"{{ if 1 }}a{{ else }}b{{ end }}", "a"},
      {R"({{ if 0 }}a{{ else if "" }}b{{ else }}c{{ end }})", "c"},
      {"{{ with $labels.inst }}{{ . }}{{ end }}", "a:1"},
      {R"({{ with "" }}x{{ else }}y{{ end }})", "y"},
      {"{{ range $k,$v := $labels }}{{$k}}={{$v}};{{ end }}", "__name__=m;inst=a:1;zz=q;"},
      {"{{ range $labels }}{{.}};{{ end }}", "m;a:1;q;"},
      {R"( a {{- " b " -}} c )", " a b c "},
      {"{{- /* x */ -}} y", "y"},
      {"a {{/* x */}} b", "a  b"},
      {R"({{ define "t" }}[{{ . }}]{{ end }}{{ template "t" 5 }}{{ template "t" }}{{ template "t" $labels }})",
       "[5][<no value>][map[__name__:m inst:a:1 zz:q]]"},
      {R"({{ block "b" 7 }}<{{ . }}>{{ end }})", "<7>"},
      {"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ $x }}{{ end }}{{ $x }}", "32"},
      {R"({{ "x" | printf "%s %s" "y" }})", "y x"},
      {"{{ $externalURL }}", "http://prom.example/p"},
      {"{{ $externalLabels }}", "map[dc:eu1 x:y]"},
      {"{{ $externalLabels.dc }}", "eu1"},
      {"{{ $externalLabels.none }}|", "|"},
      {"{{ .ExternalLabels }}", "map[dc:eu1 x:y]"},
      {"{{ .Value }}", "2.0971525e+06"},
      {"{{ .Labels.inst }}", "a:1"},
      {"{{ $ }}",
       "{map[__name__:m inst:a:1 zz:q] map[dc:eu1 x:y] http://prom.example/p 2.0971525e+06}"},
      {"{{ $.Value }}", "2.0971525e+06"},
      {"{{ $labels.missing }}|", "|"},
      {R"({{ define "x" }}{{ .foo }}{{ end }}{{ template "x" }})", "<no value>"},
      {R"({{ define "x" }}{{ template "x" . }}{{ end }})", ""},
      {"{{ with $x := 5 }}{{ $x }}{{ end }}", "5"},
      {"{{ if $x := 0 }}{{ else }}{{ $x }}{{ end }}", "0"},
      {"{{ $a := 1 }}{{ $b := 2 }}{{ range $a, $b = $labels }}{{ end }}{{ $a }}{{ $b }}", "zzq"},
      {"{{ $a := 1 }}{{ range $a = $labels }}{{ end }}{{ $a }}", "q"},
      {R"({{ "\u00e9\x41\101" }})", "éAA"},
      {"{{ `raw\\n` }}", "raw\\n"},
      {"{{ '\\n' }}{{ 'é' }}{{ '\\'' }}", "1023339"},
      {"{{ true }} {{ false }}", "true false"},
      {"{{ -5 }}{{ +5 }}", "-55"},
      {"{{ 1.5e3 }}{{ 1e6 }}{{ 1e7 }}{{ 123456789.5 }}", "15001e+061e+071.234567895e+08"},
      {"{{ print 1e6 }}", "1e+06"},
      {"{{ print 1000000.0 }}", "1e+06"},
      {"{{ 1e20 }}", "1e+20"},
      {"{{ 1e19 }}", "1e+19"},
      {"{{ 1e18 }}", "1e+18"},
      {R"({{ $value | printf "%.2f" }})", "2097152.50"},
      {R"({{ printf "%.1f%%" 55.55 }})", "55.5%"},
  };
  expect_expansions(kRows);
}

TEST(TemplateLanguage, ComparesAndCombines) {
  static constexpr Row kRows[] = {
      {"{{ eq 1 1 }}", "true"},
      {"{{ eq 1 2 1 }}", "true"},
      {R"({{ eq "a" "b" "c" }})", "false"},
      {"{{ eq $value 2097152.5 }}", "true"},
      {"{{ eq nil nil }}", "true"},
      {"{{ eq 1 nil }}", "false"},
      {"{{ eq nil 1 }}", "false"},
      {"{{ eq true true }}", "true"},
      {"{{ ne 1 2 }}", "true"},
      {"{{ lt 1 2 }}", "true"},
      {R"({{ lt "a" "b" }})", "true"},
      {"{{ le 1.5 1.5 }}", "true"},
      {"{{ gt 1.5 2.5 }}", "false"},
      {"{{ ge 3 3 }}", "true"},
      {"{{ gt $value 1000.0 }}", "true"},
      {R"({{ lt "NaN" "x" }})", "true"},
      {"{{ and 1 0 2 }}", "0"},
      {"{{ and 1 2 }}", "2"},
      {R"({{ or 0 "" 3 4 }})", "3"},
      {R"({{ or 0 "" }})", ""},
      {"{{ 1 | and 2 }}", "1"},
      {"{{ 0 | or 0 }}", "0"},
      {"{{ not 0 }}", "true"},
  };
  expect_expansions(kRows);
}

TEST(TemplateLanguage, LooksIntoContainers) {
  static constexpr Row kRows[] = {
      {R"({{ index $labels "inst" }})", "a:1"},
      {R"({{ index "abc" 1 }})", "98"},
      {"{{ index $labels }}", "map[__name__:m inst:a:1 zz:q]"},
      {R"({{ slice "abcdef" 1 3 }})", "bc"},
      {R"({{ slice "abc" }})", "abc"},
      {R"({{ len "abc" }})", "3"},
      {"{{ len $labels }}", "3"},
  };
  expect_expansions(kRows);
}

TEST(TemplateLanguage, KnowsElseWithWhichPromtoolIsTooOldFor) {
  EXPECT_EQ(expand("{{ with 0 }}a{{ else with 5 }}{{ . }}{{ else }}b{{ end }}"), "5");
  EXPECT_EQ(expand("{{ with 0 }}a{{ else with 0 }}{{ . }}{{ else }}b{{ end }}"), "b");
}

TEST(TemplateLanguage, LoopsEndWhereTheyAreLeft) {
  EXPECT_EQ(expand("{{ range $i, $s := query `up` }}{{ $i }}={{ $s.Value }} {{ end }}"),
            "0=1 1=0 ");
  EXPECT_EQ(expand("{{ range query `up` }}{{ .Value }}{{ break }}{{ end }}z"), "1z");
  EXPECT_EQ(expand("{{ range query `up` }}{{ range $labels }}{{ . }}{{ break }}{{ end }}{{ end }}"),
            "mm");
  EXPECT_EQ(expand("{{ range query `up` }}{{ if .Value }}{{ continue }}{{ end }}x{{ end }}"), "x");
}

}  // namespace
}  // namespace hitwatch::templates
