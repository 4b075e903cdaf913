// Which bodies of POST /api/v2/silences are taken, and what is made of them.
#include "agent/notify/posted_silence.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/net/rfc3339.h"

namespace hitwatch::notify {
namespace {

using testing::HasSubstr;

constexpr std::string_view kTimes =
    R"("startsAt":"2026-08-20T10:00:00Z","endsAt":"2026-08-20T12:00:00.5+02:00")";
constexpr std::string_view kWords = R"("createdBy":"ada","comment":"maintenance")";

std::string body_with(std::string_view matchers) {
  return fmt::format(R"({{"matchers":[{}],{},{}}})", matchers, kTimes, kWords);
}

PostedSilence read_silence(std::string_view body) {
  auto posted = read_posted_silence(body);
  EXPECT_TRUE(posted) << body << ": " << posted.error().text;
  return posted ? *posted : PostedSilence{};
}

BodyFault silence_fault(std::string_view body) {
  auto posted = read_posted_silence(body);
  EXPECT_FALSE(posted) << body;
  return posted ? BodyFault{} : posted.error();
}

TEST(PostedSilence, TakesEveryField) {
  const Silence silence =
      read_silence(
          fmt::format(R"({{"id":"x","matchers":[{{"name":"a","value":"b","isRegex":false}}],)"
                      R"({},{},"status":{{"state":"active"}}}})",
                      kTimes, kWords))
          .silence;
  EXPECT_EQ(silence.id, "x");
  EXPECT_EQ(to_string(silence.matchers), R"({a="b"})");
  EXPECT_EQ(silence.starts_at, net::parse_rfc3339("2026-08-20T10:00:00Z"));
  EXPECT_EQ(silence.ends_at, net::parse_rfc3339("2026-08-20T10:00:00.5Z"));
  EXPECT_EQ(silence.created_by, "ada");
  EXPECT_EQ(silence.comment, "maintenance");
}

TEST(PostedSilence, AMatcherIsEqualUnlessSaidOtherwise) {
  const Silence silence = read_silence(body_with(R"({"name":"a","value":"1","isRegex":false},
                        {"name":"b","value":"2","isRegex":false,"isEqual":true},
                        {"name":"c","value":"3","isRegex":false,"isEqual":false},
                        {"name":"d","value":"4.","isRegex":true},
                        {"name":"e","value":"5.","isRegex":true,"isEqual":false})"))
                              .silence;
  EXPECT_EQ(to_string(silence.matchers), R"({a="1",b="2",c!="3",d=~"4.",e!~"5."})");
}

TEST(PostedSilence, ARegularExpressionThatIsNoneIsNamed) {
  const PostedSilence posted = read_silence(body_with(
      R"({"name":"a","value":"b","isRegex":false},{"name":"a","value":"(","isRegex":true})"));
  EXPECT_THAT(posted.matcher_error, HasSubstr("matcher 1: "));
}

struct SilenceRefusal {
  std::string body;
  int code;
  std::string_view text;
};

TEST(PostedSilence, ABodyOfAnotherFormIsRefused) {
  const std::string matcher = R"("matchers":[{"name":"a","value":"b","isRegex":false}])";
  const SilenceRefusal refusals[] = {
      {"", 602, "the body is missing"},
      {"{", 400, "the body is no JSON from byte 2 on"},
      {"[]", 400, "must be an object"},
      {"null", 400, "must be an object"},
      {"{}", 602, "\"comment\" is missing"},
      {fmt::format("{{{},{}}}", matcher, kWords), 602, "\"endsAt\" is missing"},
      {fmt::format("{{{},{}}}", kTimes, kWords), 602, "\"matchers\" is missing"},
      {fmt::format("{{\"matchers\":5,{},{}}}", kTimes, kWords), 400,
       "\"matchers\" must be an array"},
      {body_with(""), 612, "a silence needs a matcher"},
      {body_with("5"), 400, "matcher 0: must be an object"},
      {body_with(R"({"value":"b","isRegex":false})"), 602, "matcher 0: \"name\" is missing"},
      {body_with(R"({"name":"a","isRegex":false})"), 602, "matcher 0: \"value\" is missing"},
      {body_with(R"({"name":"a","value":"b"})"), 602, "matcher 0: \"isRegex\" is missing"},
      {body_with(R"({"name":"a","value":"b","isRegex":"no"})"), 400,
       "matcher 0: \"isRegex\" must be true or false"},
      {body_with(R"({"name":["a"],"value":"b","isRegex":false})"), 400,
       "matcher 0: \"name\" must be a string"},
  };
  for (const SilenceRefusal& refusal : refusals) {
    const BodyFault fault = silence_fault(refusal.body);
    EXPECT_EQ(fault.code, refusal.code) << refusal.body;
    EXPECT_EQ(fault.text, refusal.text) << refusal.body;
  }
}

TEST(PostedSilence, WhatIsTooLargeIsRefused) {
  const std::string long_text(1 << 20, 'x');
  EXPECT_EQ(
      silence_fault(body_with(R"({"name":"a","value":")" + long_text + R"(","isRegex":false})"))
          .text,
      "matcher 0: \"value\" is longer than 16384 bytes, by 1032192");
  std::string many = R"({"name":"a","value":"b","isRegex":false})";
  for (std::size_t i = 0; i < PostedSilence::kMostMatchers; ++i) {
    many += R"(,{"name":"a","value":"b","isRegex":false})";
  }
  EXPECT_EQ(silence_fault(body_with(many)).text, "\"matchers\" has 129 entries, more than 128");
  EXPECT_EQ(silence_fault(fmt::format(R"({{"matchers":[],{},"createdBy":"","comment":"{}"}})",
                                      kTimes, long_text))
                .code,
            BodyFault::kTooLong);
}

}  // namespace
}  // namespace hitwatch::notify
