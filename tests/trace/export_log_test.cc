// Trouble with the receiver of traces is said, but does not fill the log.
#include "agent/trace/export_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace hitwatch::trace {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using Trouble = ExportLog::Trouble;

constexpr ExportLog::Clock::time_point kBegin{std::chrono::hours(100)};

class ExportLogTest : public testing::Test {
 protected:
  // What is said of trouble, or of its end, so many seconds after the beginning.
  std::string trouble(Trouble kind, int at, std::uint64_t spans = 0) {
    testing::internal::CaptureStderr();
    export_log_.trouble(kind, "http://collector:4318", "refused", spans, kBegin + seconds(at));
    return testing::internal::GetCapturedStderr();
  }
  std::string accepted() {
    testing::internal::CaptureStderr();
    export_log_.accepted("http://collector:4318");
    return testing::internal::GetCapturedStderr();
  }

  log::Log log_{log::Level::kInfo, log::Format::kLogfmt};
  ExportLog export_log_{log_};
};

TEST_F(ExportLogTest, SaysWhereAndWhy) {
  EXPECT_THAT(trouble(Trouble::kRefused, 0, 7),
              AllOf(HasSubstr("level=warning"), HasSubstr("endpoint=http://collector:4318"),
                    HasSubstr("reason=refused"), HasSubstr("spans_lost=7")));
}

TEST_F(ExportLogTest, RepeatsItselfOnceAMinuteWithAllThatWasLost) {
  EXPECT_THAT(trouble(Trouble::kQueueFull, 0, 10), HasSubstr("spans_lost=10"));
  EXPECT_THAT(trouble(Trouble::kQueueFull, 30, 20), IsEmpty());
  EXPECT_THAT(trouble(Trouble::kQueueFull, 59, 30), IsEmpty());
  EXPECT_THAT(trouble(Trouble::kQueueFull, 60, 40), HasSubstr("spans_lost=90"));
  EXPECT_THAT(trouble(Trouble::kQueueFull, 61, 1), IsEmpty());
}

TEST_F(ExportLogTest, EachKindOfTroubleIsSaid) {
  trouble(Trouble::kTriedAgain, 0);
  EXPECT_THAT(trouble(Trouble::kExpired, 1, 5), HasSubstr("for too long"));
  EXPECT_THAT(trouble(Trouble::kPartial, 1), HasSubstr("something to say"));
}

TEST_F(ExportLogTest, SaysOnceThatItIsOver) {
  EXPECT_THAT(accepted(), IsEmpty());
  trouble(Trouble::kTriedAgain, 0);
  trouble(Trouble::kTriedAgain, 1);
  EXPECT_THAT(accepted(), HasSubstr("accepts spans again"));
  EXPECT_THAT(accepted(), IsEmpty());
}

TEST_F(ExportLogTest, AReceiverThatComesAndGoesIsNotSaidEachTime) {
  EXPECT_THAT(trouble(Trouble::kTriedAgain, 0), HasSubstr("tried again"));
  EXPECT_THAT(accepted(), HasSubstr("accepts spans again"));
  for (int i = 1; i < 60; ++i) {
    EXPECT_THAT(trouble(Trouble::kTriedAgain, i), IsEmpty());
    EXPECT_THAT(accepted(), IsEmpty());
  }
  EXPECT_THAT(trouble(Trouble::kTriedAgain, 60), HasSubstr("tried again"));
  EXPECT_THAT(accepted(), HasSubstr("accepts spans again"));
}

}  // namespace
}  // namespace hitwatch::trace
