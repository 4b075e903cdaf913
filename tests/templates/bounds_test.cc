// Templates that ask for more than they get.
#include <gtest/gtest.h>

#include "tests/templates/expansion.h"

namespace hitwatch::templates {
namespace {

// A loop of 2^levels rounds around `inside`.
std::string doubled(int levels, std::string_view inside) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += "{{ range query `up` }}";
  text += inside;
  for (int i = 0; i < levels; ++i) text += "{{ end }}";
  return text;
}

std::string looped(int levels, std::string_view inside) {
  std::string text = "{{ $s := query `up` }}";
  for (int i = 0; i < levels; ++i) text += "{{ range $s }}";
  text += inside;
  for (int i = 0; i < levels; ++i) text += "{{ end }}";
  return text;
}

void expect_failure(std::string_view text, std::string_view reason) {
  const auto result = expand(text);
  EXPECT_TRUE(result.starts_with(kFailure)) << result.substr(0, 200);
  EXPECT_NE(result.find(reason), std::string::npos) << result.substr(0, 500);
}

TEST(TemplateBounds, LoopsEnd) { expect_failure(looped(60, ""), "too many steps"); }

TEST(TemplateBounds, QueriesAreCounted) {
  EXPECT_EQ(expand(doubled(5, "x")), std::string(32, 'x'));
  expect_failure(doubled(10, ""), "error calling query: too many queries");
}

TEST(TemplateBounds, RecursionEnds) {
  expect_failure("{{ define `t` }}{{ template `t` . }}{{ end }}{{ template `t` . }}",
                 "exceeded maximum template depth");
}

TEST(TemplateBounds, OutputEnds) {
  expect_failure(looped(20, "0123456789abcdef"), "the text would be longer than 1048576 bytes");
  expect_failure("{{ printf `%1000000d` 1 }}{{ printf `%1000000d` 1 }}",
                 "the text would be longer");
}

TEST(TemplateBounds, TextsEnd) {
  expect_failure("{{ $x := `0123456789` }}" + looped(30, "{{ $x = print $x $x }}"),
                 "error calling print: the text would be longer");
  expect_failure("{{ $x := `0123456789` }}" + looped(30, "{{ $x = reReplaceAll `.` `$0$0` $x }}"),
                 "error calling reReplaceAll: ");
  // Each of these is within its bound, but all of them together are not.
  expect_failure("{{ $x := printf `%1000000d` 1 }}" + looped(10, "{{ $y := safeHtml $x }}"),
                 "works on too much text");
}

TEST(TemplateBounds, ContainersAreOnlySoDeep) {
  expect_failure("{{ $x := 1 }}" + looped(12, "{{ $x = args $x $x }}"),
                 "error calling args: the result is too large");
}

TEST(TemplateBounds, SharedContainersCannotGrowOutOfHand) {
  expect_failure("{{ $x := 1 }}" + looped(6, "{{ $x = args $x $x }}") + "{{ $x }}",
                 "the text would be longer");
}

TEST(TemplateBounds, RegularExpressionsAreSmall) {
  expect_failure("{{ match `((((a{100}){100}){100}){100})` `a` }}", "error parsing regexp");
  expect_failure("{{ $p := `a` }}" + looped(12, "{{ $p = print $p `a` }}{{ $m := match $p `b` }}"),
                 "error calling match: too many regular expressions");
}

}  // namespace
}  // namespace hitwatch::templates
