// Targets that only /scrape names: how many there may be, which make room, which are told no.
#include "agent/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>

namespace hitwatch {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr AdHocBounds kThreeForAnHour{.most = 3, .idle = 1h};
constexpr AdHocBounds kThreeForNoTime{.most = 3, .idle = 0ms};

// The names of different targets, at none of which a server listens.
std::string name(int number) {
  return "127.0." + std::to_string(number / 200) + "." + std::to_string(1 + number % 200) + ":1";
}

class AdHocTargets : public testing::Test {
 protected:
  void start(const AdHocBounds& bounds) {
    targets = std::make_unique<Targets>(
        loop.get_executor(), resolver, tls_contexts, families, log,
        [this](const auto&, const redis::PollResult&) { ++polls; }, nullptr, nullptr, bounds);
    configure({"127.*"});
  }
  void configure(const std::vector<std::string>& scrape_allow) {
    config::Config config;
    config.web.scrape_allow = scrape_allow;
    targets->update({}, config);
    run();
  }
  ~AdHocTargets() override {
    if (targets != nullptr) targets->stop();
    run();
  }

  // All that can be done at once.
  void run() {
    loop.restart();
    loop.poll();
  }
  std::shared_ptr<WatchedTarget> find(int number) {
    auto found = targets->find_ad_hoc(name(number));
    return found ? *found : nullptr;
  }
  int status(int number) {
    const auto found = targets->find_ad_hoc(name(number));
    return found ? 200 : found.error().status;
  }
  // As /scrape does it with several at once.
  void scrape(int first, int last) {
    WatchedTargets named;
    for (int number = first; number <= last; ++number) named.push_back(find(number));
    bool done = false;
    targets->refresh(named, Targets::Clock::now() + 30s, [&] { done = true; });
    const auto limit = Targets::Clock::now() + 30s;
    loop.restart();
    while (!done && Targets::Clock::now() < limit) loop.run_one_for(100ms);
    ASSERT_TRUE(done);
  }

  boost::asio::io_context loop;
  net::Resolver resolver{loop.get_executor()};
  net::TlsContexts tls_contexts;
  metrics::FamilyRegistry registry;
  redis::Families families{registry, "redis"};
  log::Log log{log::Level::kError, log::Format::kLogfmt};
  int polls = 0;
  std::unique_ptr<Targets> targets;
};

TEST_F(AdHocTargets, AThousandAreKept) {
  start({});
  for (int number = 0; number < 1000; ++number) ASSERT_EQ(status(number), 200) << number;
  EXPECT_EQ(status(1000), 503);
}

TEST_F(AdHocTargets, ANameIsTheSameTargetEachTime) {
  start(kThreeForAnHour);
  const auto first = find(1);
  ASSERT_NE(first, nullptr);
  scrape(1, 1);
  ASSERT_NE(first->latest().state, nullptr);
  for (const std::string& spelling : {name(1), "redis://" + name(1), "valkey://" + name(1)}) {
    EXPECT_EQ(targets->find_ad_hoc(spelling).value_or(nullptr), first) << spelling;
  }
}

TEST_F(AdHocTargets, OneTooManyIsRefusedWithAReason) {
  start(kThreeForAnHour);
  scrape(1, 3);
  const auto refused = targets->find_ad_hoc(name(4));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 503);
  EXPECT_THAT(refused.error().text, HasSubstr("too many targets"));
}

TEST_F(AdHocTargets, ThoseInUseDoNotMakeRoom) {
  start(kThreeForAnHour);
  scrape(1, 3);
  const auto kept = find(2);
  EXPECT_EQ(status(4), 503);
  run();
  EXPECT_EQ(status(4), 503);
  EXPECT_EQ(find(2), kept);
  EXPECT_NE(kept->latest().state, nullptr);
}

TEST_F(AdHocTargets, IdleOnesMakeRoomForTheNextWhoAsks) {
  start(kThreeForNoTime);
  scrape(1, 3);
  const auto forgotten = find(2);
  EXPECT_EQ(status(4), 503);
  run();
  EXPECT_EQ(status(4), 200);
  // It is another one by now, which nothing is known of.
  const auto anew = find(2);
  EXPECT_NE(anew, forgotten);
  ASSERT_NE(anew, nullptr);
  EXPECT_EQ(anew->latest().state, nullptr);
}

TEST_F(AdHocTargets, IdleOnesAreForgottenWhenOthersAreScraped) {
  start(kThreeForNoTime);
  scrape(1, 1);
  const auto idle = find(1);
  scrape(2, 2);
  EXPECT_NE(find(1), idle);
}

TEST_F(AdHocTargets, AnIdleOneIsPolledWhenItIsScrapedAgain) {
  start(kThreeForNoTime);
  for (int scrapes = 1; scrapes <= 3; ++scrapes) {
    scrape(1, 1);
    EXPECT_EQ(polls, scrapes);
  }
}

TEST_F(AdHocTargets, AConfigurationThatAllowsNoneForgetsAll) {
  start(kThreeForAnHour);
  scrape(1, 3);
  configure({"10.*"});
  EXPECT_EQ(status(1), 403);
  configure({"127.*"});
  EXPECT_EQ(status(4), 200);
}

TEST_F(AdHocTargets, OthersThatComeAndGoDoNotConcernThem) {
  start(kThreeForAnHour);
  scrape(1, 1);
  const auto kept = find(1);
  config::Config config;
  config.web.scrape_allow = {"127.*"};
  config.poll.interval = 1h;
  const auto update = [&](const std::vector<redis::Target>& wanted) {
    targets->update(wanted, config);
    run();
    return find(1);
  };
  EXPECT_NE(update({}), kept) << "it would be polled by options that hold no longer";
  scrape(1, 1);
  const auto again = find(1);
  EXPECT_EQ(update({config::target_from_url("127.0.9.9:1").value()}), again);
  EXPECT_NE(again->latest().state, nullptr);
  config.credentials.emplace_back().match = "127.*";
  EXPECT_NE(update({}), again);
}

TEST_F(AdHocTargets, WhatIsNotAllowedTakesNoRoom) {
  start(kThreeForAnHour);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(targets->find_ad_hoc("10.0.0.1:" + std::to_string(6379 + i)).error().status, 403);
    EXPECT_EQ(targets->find_ad_hoc("redis://me:secret@127.0.0.1:1").error().status, 400);
    EXPECT_EQ(targets->find_ad_hoc("redis://127.0.0.1:port").error().status, 400);
  }
  scrape(1, 3);
}

}  // namespace
}  // namespace hitwatch
