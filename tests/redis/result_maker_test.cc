// What the log tells of a target's state.
#include "collectors/redis/result_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hitwatch::redis {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class LogOfATarget : public testing::Test {
 protected:
  // What is logged when a poll ends so.
  std::string logged(net::Reason reason) {
    builder_.begin();
    ServerFacts server;
    Remembered remembered;
    const std::map<std::string, std::string> unavailable;
    Collection collection{builder_, families_, options_, server, remembered, {}, {}};
    testing::internal::CaptureStderr();
    maker_.make(target_,
                {.have_info = reason == net::Reason::kNone,
                 .error = {reason, "why"},
                 .began = {},
                 .took = {},
                 .late_by = {},
                 .connect_seconds = 0,
                 .ping_seconds = 0,
                 .unavailable = unavailable,
                 .reconnected = false,
                 .peer = "",
                 .may_stand_in = false},
                collection);
    return testing::internal::GetCapturedStderr();
  }

 private:
  Target target_;
  metrics::FamilyRegistry registry_;
  Families families_{registry_, "redis"};
  CollectOptions options_;
  metrics::SnapshotBuilder builder_;
  log::Log log_{log::Level::kInfo, log::Format::kLogfmt};
  ResultMaker maker_{log_};
};

TEST_F(LogOfATarget, EachReasonIsToldOnceWhileItIsDown) {
  EXPECT_THAT(logged(net::Reason::kRefused), HasSubstr("reason=refused"));
  EXPECT_THAT(logged(net::Reason::kTimeout), HasSubstr("reason=timeout"));
  EXPECT_THAT(logged(net::Reason::kRefused), IsEmpty());
  EXPECT_THAT(logged(net::Reason::kTimeout), IsEmpty());
  EXPECT_THAT(logged(net::Reason::kNone), HasSubstr("target is up"));
  EXPECT_THAT(logged(net::Reason::kRefused), HasSubstr("reason=refused"));
}

}  // namespace
}  // namespace hitwatch::redis
