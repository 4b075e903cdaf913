// Which alerts the parameters of a request ask for.
#include "agent/notify/alert_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/notify/times.h"

namespace hitwatch::notify {
namespace {

using testing::HasSubstr;

web::Request request(std::vector<web::Header> query) {
  web::Request request;
  request.query = std::move(query);
  return request;
}

AlertFilter filter(std::vector<web::Header> query) {
  auto filter = AlertFilter::read(request(std::move(query)));
  EXPECT_TRUE(filter) << filter.error();
  return filter ? *filter : AlertFilter{};
}

std::string error(std::vector<web::Header> query) {
  auto filter = AlertFilter::read(request(std::move(query)));
  EXPECT_FALSE(filter);
  return filter ? "" : filter.error();
}

class AlertFilterTest : public testing::Test {
 protected:
  bool wants(std::vector<web::Header> query, Muted by = {}) const {
    return filter(std::move(query))
        .wants({.alert = &alert, .fingerprint = "", .receivers = {}, .muted = std::move(by)}, kNow);
  }
  Alert alert{.labels = {{"alertname", "A"}, {"severity", "page"}},
              .annotations = {},
              .starts_at = kNow - 1000,
              .ends_at = kNow + 1000,
              .generator_url = "",
              .updated_at = kNow};
  const Muted silenced{.silenced_by = {"s"}, .inhibited_by = {}, .muted_by = {}};
  const Muted inhibited{.silenced_by = {}, .inhibited_by = {"f"}, .muted_by = {}};
  const Muted muted{.silenced_by = {}, .inhibited_by = {}, .muted_by = {"night"}};
};

TEST_F(AlertFilterTest, WantsEverythingByDefaultButWhatIsResolved) {
  EXPECT_TRUE(wants({}));
  EXPECT_TRUE(wants({}, silenced));
  EXPECT_TRUE(wants({}, inhibited));
  EXPECT_TRUE(wants({}, muted));
  alert.ends_at = kNow;
  EXPECT_FALSE(wants({}));
  alert.ends_at = std::nullopt;
  EXPECT_TRUE(wants({}));
}

TEST_F(AlertFilterTest, LeavesOutWhatIsNotAskedFor) {
  EXPECT_FALSE(wants({{"active", "false"}}));
  EXPECT_TRUE(wants({{"active", "false"}}, silenced));
  EXPECT_TRUE(wants({{"active", "false"}}, muted));
  EXPECT_FALSE(wants({{"silenced", "false"}}, silenced));
  EXPECT_TRUE(wants({{"silenced", "false"}}, inhibited));
  EXPECT_FALSE(wants({{"inhibited", "false"}}, inhibited));
  EXPECT_FALSE(wants({{"muted", "false"}}, muted));
  EXPECT_TRUE(wants({{"unprocessed", "false"}}));
}

TEST_F(AlertFilterTest, UnderstandsTheWordsForYesOfAlertmanager) {
  for (const std::string yes : {"", "true", "TRUE", "1", "t", "yes", "ok", "y", "on", "selected"}) {
    EXPECT_TRUE(wants({{"active", yes}})) << yes;
  }
  for (const std::string no : {"false", "0", "no", "x"}) {
    EXPECT_FALSE(wants({{"active", no}})) << no;
  }
  EXPECT_FALSE(wants({{"active", "true"}, {"active", "false"}}));
}

TEST_F(AlertFilterTest, EveryFilterMustMatch) {
  EXPECT_TRUE(wants({{"filter", "alertname=A"}}));
  EXPECT_TRUE(wants({{"filter", "alertname=\"A\""}, {"filter", "severity=~\"page|ticket\""}}));
  EXPECT_FALSE(wants({{"filter", "alertname=A"}, {"filter", "severity=ticket"}}));
  EXPECT_TRUE(wants({{"filter", "team=\"\""}}));
  EXPECT_FALSE(wants({{"filter", "team!=\"\""}}));
  EXPECT_TRUE(wants({{"filter", "team!=\"web\""}}));
}

TEST_F(AlertFilterTest, AReceiverIsARegularExpressionForItsWholeName) {
  EXPECT_TRUE(filter({}).wants_receiver("team"));
  EXPECT_TRUE(filter({{"receiver", ""}}).wants_receiver("team"));
  EXPECT_TRUE(filter({{"receiver", "te.*"}}).wants_receiver("team"));
  EXPECT_FALSE(filter({{"receiver", "te"}}).wants_receiver("team"));
}

TEST_F(AlertFilterTest, WhatCannotBeReadIsAnError) {
  EXPECT_THAT(error({{"filter", "bad"}}), HasSubstr("bad filter: "));
  EXPECT_THAT(error({{"filter", ""}}), HasSubstr("bad filter: "));
  EXPECT_THAT(error({{"filter", "a=~\"(\""}}), HasSubstr("bad filter: "));
  EXPECT_THAT(error({{"receiver", "("}}), HasSubstr("bad receiver: "));
  EXPECT_EQ(error(std::vector<web::Header>(101, {"filter", "a=b"})),
            "there are more than 100 filters");
}

}  // namespace
}  // namespace hitwatch::notify
