// Messages that are given up are said in the log, and a flood of them does not fill it.
#include "agent/notify/death_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hitwatch::notify {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::int64_t kBegin = 1'790'000'000'000;

Outbox::Entry dead(const std::string& id, const std::string& receiver = "team") {
  Outbox::Entry entry;
  entry.message.id = id;
  entry.message.destination = {receiver, "webhook", 0};
  entry.message.group_key = "{}:{alertname=\"Down\"}";
  entry.last_error = "HTTP status 400";
  entry.attempts = 3;
  return entry;
}

class DeathLogTest : public testing::Test {
 protected:
  void SetUp() override { testing::internal::CaptureStderr(); }
  void TearDown() override {
    if (!taken_) said();
  }
  // What was said since the last time.
  std::string said() {
    std::string text = testing::internal::GetCapturedStderr();
    taken_ = true;
    return text;
  }
  std::string said_and_on() {
    std::string text = said();
    testing::internal::CaptureStderr();
    taken_ = false;
    return text;
  }
  void die(int count, std::int64_t now, const std::string& receiver = "team") {
    for (int i = 0; i < count; ++i) deaths_.note(dead("msg_" + std::to_string(i), receiver), now);
  }

  log::Log log_{log::Level::kInfo, log::Format::kLogfmt};
  DeathLog deaths_{log_};
  bool taken_ = false;
};

int lines(const std::string& text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(DeathLogTest, SaysWhoseMessageItWasAndWhy) {
  deaths_.note(dead("msg_1"), kBegin);
  EXPECT_THAT(said(),
              AllOf(HasSubstr("a notification was given up"), HasSubstr("receiver=team/webhook[0]"),
                    HasSubstr("group=\"{}:{alertname=\\\"Down\\\"}\""),
                    HasSubstr("reason=\"HTTP status 400\""), HasSubstr("attempts=3"),
                    HasSubstr("id=msg_1")));
}

TEST_F(DeathLogTest, SaysOfAFloodTenAMinuteAndThenHowManyMore) {
  die(1000, kBegin);
  deaths_.flush(kBegin + 59'999);
  EXPECT_EQ(lines(said_and_on()), 10);
  deaths_.flush(kBegin + 60'000);
  EXPECT_THAT(said_and_on(), AllOf(HasSubstr("more notifications were given up"),
                                   HasSubstr("receiver=team/webhook[0]"), HasSubstr("count=990")));
  deaths_.flush(kBegin + 200'000);
  EXPECT_THAT(said_and_on(), IsEmpty());
  die(1, kBegin + 200'000);
  EXPECT_EQ(lines(said()), 1);
}

TEST_F(DeathLogTest, AtTheEndTheRestIsSaid) {
  die(15, kBegin);
  said_and_on();
  deaths_.flush_all();
  EXPECT_THAT(said_and_on(), HasSubstr("count=5"));
  deaths_.flush_all();
  EXPECT_THAT(said_and_on(), IsEmpty());
}

TEST_F(DeathLogTest, AFloodOfOneReceiverHidesNoOther) {
  die(1000, kBegin);
  die(1, kBegin, "other");
  EXPECT_THAT(said(), HasSubstr("other/webhook[0]"));
}

TEST_F(DeathLogTest, AClockThatIsSetBackSilencesNothing) {
  die(1000, kBegin);
  said_and_on();
  die(1, kBegin - 3'600'000);
  EXPECT_THAT(said(), AllOf(HasSubstr("count=990"), HasSubstr("id=msg_0")));
}

TEST_F(DeathLogTest, ALongGroupIsCut) {
  Outbox::Entry entry = dead("msg_1");
  entry.message.group_key = std::string(10'000, 'g');
  deaths_.note(entry, kBegin);
  EXPECT_LT(said().size(), 1000U);
}

}  // namespace
}  // namespace hitwatch::notify
