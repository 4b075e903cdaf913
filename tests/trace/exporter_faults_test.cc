// Receivers that are busy, hang, break off, refuse or are away; and ends.
#include "tests/trace/exporting.h"

namespace hitwatch::trace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr std::uint16_t kNobody = 1;  // a port that nobody listens on

std::string url_of(std::uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port) + "/v1/traces";
}

TEST_F(ExporterTest, TriesAgainWhatABusyReceiverDoesNotTake) {
  TraceReceiver receiver({says(503), says(502), says(504), says(429), says(200)});
  start(settings_for(receiver));
  record({"a", "b"});
  EXPECT_TRUE(eventually([&] { return exported() == 2; }));
  for (const auto& request : receiver.wait_for(5)) {
    EXPECT_THAT(request.names(), ElementsAre("a", "b"));
  }
  EXPECT_EQ(requests("busy"), 4);
  EXPECT_TRUE(eventually([&] { return settled().size() == 2; }));
  EXPECT_THAT(settled(), ElementsAre(Pair("a", 1), Pair("b", 1)));
  const std::string log = log_at_the_end();
  EXPECT_EQ(log_lines(log, "they are tried again"), 1) << log;
  EXPECT_EQ(log_lines(log, "accepts spans again"), 1) << log;
}

TEST_F(ExporterTest, WaitsAsLongAsItIsAsked) {
  TraceReceiver receiver({says(429, "", "Retry-After: 1\r\n"), says(200)});
  start(settings_for(receiver));
  record({"a"});
  const auto requests = receiver.wait_for(2);
  EXPECT_GE(requests[1].arrived - requests[0].arrived, milliseconds(900));
}

TEST_F(ExporterTest, WhatIsAskedToWaitTooLongIsDroppedAndTheWaitHolds) {
  TraceReceiver receiver({says(503, "", "Retry-After: 3600\r\n"), says(200)});
  Settings settings = settings_for(receiver);
  start(settings);
  record({"a"});
  EXPECT_TRUE(eventually([&] { return dropped("expired") == 1; }));
  record({"b"});
  EXPECT_TRUE(eventually([&] { return queued() == 1; }));
  EXPECT_EQ(receiver.count(), 1U);
  EXPECT_THAT(settled(), ElementsAre(Pair("a", 1))) << "given up";
}

TEST_F(ExporterTest, ANewReceiverIsToldWhatTheFormerOneDidNotTake) {
  TraceReceiver busy({says(503, "", "Retry-After: 3600\r\n")});
  TraceReceiver receiver({says(200)});
  Settings settings = settings_for(busy);
  settings.give_up = std::chrono::hours(9);
  start(settings);
  record({"a"});
  EXPECT_TRUE(eventually([&] { return requests("busy") == 1; }));
  settings.endpoint = receiver.url();
  configure(settings);
  record({"b"});
  EXPECT_TRUE(eventually([&] { return exported() == 2; }));
  EXPECT_EQ(busy.count(), 1U);
}

TEST_F(ExporterTest, ANewReceiverDoesNotWaitForOneThatHangs) {
  TraceReceiver hanging({hangs()});
  TraceReceiver receiver({says(200)});
  Settings settings = settings_for(hanging);
  settings.timeout = std::chrono::hours(1);
  start(settings);
  record({"a"});
  hanging.wait_for(1);
  settings.endpoint = receiver.url();
  configure(settings);
  EXPECT_THAT(receiver.wait_for(1)[0].names(), ElementsAre("a"));
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
}

TEST_F(ExporterTest, GivesUpOnOneThatHangsAndTriesAgain) {
  TraceReceiver receiver({hangs(), says(200)});
  Settings settings = settings_for(receiver);
  settings.timeout = milliseconds(100);
  start(settings);
  record({"a"});
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
  EXPECT_EQ(requests("failed"), 1);
}

TEST_F(ExporterTest, TriesAgainAfterAReset) {
  TraceReceiver receiver({resets(), says(200)});
  start(settings_for(receiver));
  record({"a"});
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
  EXPECT_EQ(requests("failed"), 1);
}

TEST_F(ExporterTest, AnAnswerCountsEvenIfItBreaksOff) {
  TraceReceiver receiver({[](net::PeerConnection& client) {
    client.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nand then");
  }});
  start(settings_for(receiver));
  record({"a"});
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
  EXPECT_EQ(receiver.count(), 1U) << "what was taken is not sent twice";
}

TEST_F(ExporterTest, AHugeAnswerIsNotReadToItsEnd) {
  TraceReceiver receiver({[](net::PeerConnection& client) {
    client.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
    const std::string much(1 << 20, 'x');
    while (client.write(much)) {
    }
  }});
  start(settings_for(receiver));
  record({"a"});
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
}

TEST_F(ExporterTest, WhatIsNotHttpIsTriedAgain) {
  TraceReceiver receiver(
      {[](net::PeerConnection& client) { client.write("+OK hello\r\n"); }, says(200)});
  start(settings_for(receiver));
  record({"a"});
  EXPECT_TRUE(eventually([&] { return exported() == 1; }));
  EXPECT_EQ(requests("failed"), 1);
}

TEST_F(ExporterTest, TellsAReceiverThatIsThereAgain) {
  auto receiver = std::make_unique<TraceReceiver>(std::vector<Reaction>{says(200)});
  const std::uint16_t port = receiver->port();
  receiver.reset();
  start(settings_for(url_of(port)));
  record({"a"});
  EXPECT_TRUE(eventually([&] { return requests("failed") >= 2; }));
  record({"b"});
  receiver = std::make_unique<TraceReceiver>(std::vector<Reaction>{says(200)}, nullptr, port);
  EXPECT_TRUE(eventually([&] { return exported() == 2; }));
  EXPECT_TRUE(eventually([&] { return settled().size() == 2; }));
  EXPECT_EQ(log_lines(log_at_the_end(), "accepts spans again"), 1);
}

TEST_F(ExporterTest, DropsWhatWasNotTakenForTooLong) {
  Settings settings = settings_for(url_of(kNobody));
  settings.give_up = milliseconds(100);
  start(settings);
  record({"a", "b"});
  EXPECT_TRUE(eventually([&] { return dropped("expired") == 2; }));
  record({"c"});
  EXPECT_TRUE(eventually([&] { return dropped("expired") == 3; })) << "each has its own time";
  EXPECT_TRUE(eventually([&] { return settled().size() == 3; })) << "given up";
  EXPECT_EQ(queued(), 0);
  EXPECT_EQ(log_lines(log_at_the_end(), "for too long"), 1);
}

TEST_F(ExporterTest, AFullQueueDropsWhatComesLast) {
  TraceReceiver receiver({hangs()});
  Settings settings = settings_for(receiver);
  settings.queue_spans = 5;
  settings.timeout = std::chrono::hours(1);
  start(settings);
  record({"a"});
  receiver.wait_for(1);
  record({"1", "2", "3", "4", "5", "6", "7"});
  EXPECT_EQ(dropped("queue_full"), 2);
  EXPECT_EQ(queued(), 6) << "one is under way";
}

TEST_F(ExporterTest, SwitchedOffDropsWhatWaits) {
  Settings settings = settings_for(url_of(kNobody));
  start(settings);
  record({"a", "b"});
  EXPECT_TRUE(eventually([&] { return requests("failed") > 0; }));
  configure({});
  EXPECT_TRUE(eventually([&] { return dropped("shutdown") == 2; }));
  EXPECT_EQ(queued(), 0);
}

TEST_F(ExporterTest, SendsWhatWaitsBeforeItStops) {
  TraceReceiver receiver({says(200)});
  Settings settings = settings_for(receiver);
  settings.delay = std::chrono::hours(1);
  start(settings);
  record({"a", "b"});
  exporter_->stop();
  EXPECT_EQ(exported(), 2);
  EXPECT_EQ(settled().size(), 2U);
  EXPECT_EQ(dropped("shutdown"), 0);
}

TEST_F(ExporterTest, SendsAllOfALongQueueBeforeItStops) {
  TraceReceiver receiver({says(200)});
  Settings settings = settings_for(receiver);
  tracer_.configure(settings);
  record(std::vector<std::string>(10'000, "a"));
  settings.delay = std::chrono::hours(1);
  start(settings, {.first_retry = seconds(1), .longest_retry = seconds(1), .flush = seconds(30)});
  exporter_->stop();
  EXPECT_EQ(exported(), 10'000);
}

TEST_F(ExporterTest, StopsSoonIfTheReceiverHangs) {
  TraceReceiver receiver({hangs()});
  Settings settings = settings_for(receiver);
  settings.timeout = std::chrono::hours(1);
  start(settings,
        {.first_retry = seconds(1), .longest_retry = seconds(1), .flush = milliseconds(100)});
  record({"a", "b"});
  receiver.wait_for(1);
  record({"c"});
  exporter_->stop();
  EXPECT_EQ(dropped("shutdown"), 3);
  EXPECT_EQ(receiver.count(), 1U);
  EXPECT_TRUE(settled().empty());
  EXPECT_THAT(log_at_the_end(), HasSubstr("spans_lost=3"));
}

TEST_F(ExporterTest, StopsAtOnceIfTheReceiverDoesNotTakeIt) {
  TraceReceiver receiver({says(503, "", "Retry-After: 60\r\n")});
  Settings settings = settings_for(receiver);
  settings.delay = std::chrono::hours(1);
  start(settings,
        {.first_retry = seconds(1), .longest_retry = seconds(1), .flush = std::chrono::hours(1)});
  record({"a"});
  exporter_->stop();
  EXPECT_EQ(dropped("shutdown"), 1);
  EXPECT_EQ(receiver.count(), 1U) << "no second attempt";
}

TEST_F(ExporterTest, MakesOneLastAttemptForWhatIsWaiting) {
  TraceReceiver receiver({says(503, "", "Retry-After: 60\r\n"), says(200)});
  start(settings_for(receiver));
  record({"a"});
  EXPECT_TRUE(eventually([&] { return requests("busy") == 1; }));
  exporter_->stop();
  EXPECT_EQ(exported(), 1);
}

TEST_F(ExporterTest, StopsIfItWasNeverConfigured) {
  exporter_ = std::make_unique<Exporter>(queue_, log_);
  exporter_->start();
  exporter_->stop();
  exporter_->stop();
}

TEST_F(ExporterTest, IsDestroyedIfItWasNeverStarted) {
  exporter_ = std::make_unique<Exporter>(queue_, log_);
  exporter_->configure(settings_for(url_of(kNobody)));
  exporter_.reset();
  exporter_ = std::make_unique<Exporter>(queue_, log_);
}

TEST_F(ExporterTest, SettlesEachSpanOnceWhateverHappens) {
  TraceReceiver receiver({says(503), resets(), says(413), says(400), says(200)});
  Settings settings = settings_for(receiver);
  start(settings);
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) names.push_back("first" + std::to_string(i));
  record(names);
  EXPECT_TRUE(eventually([&] { return settled().size() == 500; }));
  EXPECT_EQ(exported() + dropped("refused"), 500);
  exporter_->stop();
  for (const auto& [name, times] : settled()) EXPECT_EQ(times, 1) << name;
}

}  // namespace
}  // namespace hitwatch::trace
