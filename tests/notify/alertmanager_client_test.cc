// Which alerts an Alertmanager is told of, when, and in which words.
#include "agent/notify/alertmanager_client.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/notify/times.h"

namespace hitwatch::notify {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kEvaluation = 15 * kSecond;

const Verdict kAccepted = {.kind = Verdict::Kind::kAccepted, .reason = "", .retry_after = {}};
const Verdict kAway = {.kind = Verdict::Kind::kRetry, .reason = "refused", .retry_after = {}};
const Verdict kInvalid = {
    .kind = Verdict::Kind::kRefused, .reason = "HTTP status 400", .retry_after = {}};

Alert firing(const std::string& name, std::int64_t since = kNow) {
  return {.labels = {{"alertname", name}},
          .annotations = {{"summary", "it is down"}},
          .starts_at = since,
          .ends_at = std::nullopt,
          .generator_url = "http://hitwatch.example/graph?g0.expr=up&g0.tab=1",
          .updated_at = since};
}

Alert resolved(const std::string& name, std::int64_t since, std::int64_t at) {
  Alert alert = firing(name, since);
  alert.ends_at = at;
  return alert;
}

class Peer {
 public:
  void note(const Alert& alert, std::int64_t now = kNow) {
    state.note(fingerprint(alert.labels), alert, now);
  }
  // What one request tells, as `name firing` or `name resolved`, by whether it has ended; nothing
  // if there is none.
  std::vector<std::string> tell(std::int64_t now, const Verdict& verdict = kAccepted) {
    const auto batch = state.take(now, kEvaluation);
    if (!batch) return {};
    state.done(*batch, verdict, now);
    return words(*batch, now);
  }
  static std::vector<std::string> words(const PeerState::Batch& batch, std::int64_t now) {
    const std::string time = json::parse(wire_alert(firing("x", now), 0))["startsAt"];
    std::vector<std::string> told;
    for (const json& alert : json::parse(batch.body)) {
      const bool ended = alert["endsAt"].get<std::string>() <= time;
      told.push_back(alert["labels"]["alertname"].get<std::string>() +
                     (ended ? " resolved" : " firing"));
    }
    return told;
  }

  PeerState state;
};

TEST(WireAlert, HasTheFieldsThatPrometheusSends) {
  Alert alert = firing("A", kNow);
  alert.labels.push_back({"dc", "\"eu\"\n"});
  // By name, value and type, each.
  EXPECT_EQ(json::parse(wire_alert(alert, kNow + 240 * kSecond + 7)), json::parse(R"({
    "annotations": {"summary": "it is down"},
    "endsAt": "2026-09-21T14:17:20.007Z",
    "startsAt": "2026-09-21T14:13:20.000Z",
    "generatorURL": "http://hitwatch.example/graph?g0.expr=up&g0.tab=1",
    "labels": {"alertname": "A", "dc": "\"eu\"\n"}})"));
}

TEST(WireAlert, LeavesOutAUrlThatIsNone) {
  Alert alert = firing("A");
  for (const std::string url : {"", "graph", "not a url", "http://x/%zz", "ftp:x"}) {
    alert.generator_url = url;
    EXPECT_FALSE(json::parse(wire_alert(alert, kNow)).contains("generatorURL")) << url;
  }
  alert.generator_url = "http://x/a%20b?c#d";
  EXPECT_EQ(json::parse(wire_alert(alert, kNow))["generatorURL"], "http://x/a%20b?c#d");
  alert.annotations.clear();
  EXPECT_EQ(json::parse(wire_alert(alert, kNow))["annotations"], json::object());
}

TEST(WireAlert, DoesNotEndBeforeItBegins) {
  const json told = json::parse(wire_alert(firing("A"), kNow - kMinute));
  EXPECT_EQ(told["endsAt"], told["startsAt"]);
}

TEST(WireAlert, IsValidWhateverTheTexts) {
  Alert alert = firing("A\xff");
  alert.annotations = {{"a", "\xc3"}};
  EXPECT_TRUE(json::accept(wire_alert(alert, kNow)));
}

TEST(PeerState, AFiringAlertIsToldAtOnceAndEveryMinute) {
  Peer peer;
  EXPECT_EQ(peer.state.next(), std::nullopt);
  peer.note(firing("A"));
  EXPECT_EQ(peer.state.next(), kNow);
  EXPECT_THAT(peer.tell(kNow), ElementsAre("A firing"));
  peer.note(firing("A"), kNow + 15 * kSecond);
  EXPECT_THAT(peer.tell(kNow + 59 * kSecond), IsEmpty());
  EXPECT_EQ(peer.state.next(), kNow + kMinute);
  EXPECT_THAT(peer.tell(kNow + kMinute), ElementsAre("A firing"));
  EXPECT_THAT(peer.tell(kNow + kMinute), IsEmpty());
  EXPECT_EQ(peer.state.sent(), 2U);
}

std::string ends_at(std::int64_t evaluation_interval) {
  PeerState state;
  state.note("f", firing("A"), kNow);
  return json::parse(state.take(kNow, evaluation_interval)->body)[0]["endsAt"];
}

TEST(PeerState, AFiringAlertHoldsForFourMinutesOrEvaluations) {
  EXPECT_EQ(ends_at(15 * kSecond), "2026-09-21T14:17:20.000Z");
  EXPECT_EQ(ends_at(kMinute), "2026-09-21T14:17:20.000Z");
  EXPECT_EQ(ends_at(5 * kMinute), "2026-09-21T14:33:20.000Z");
}

TEST(PeerState, TheEndIsToldAtOnceAndForFifteenMinutes) {
  Peer peer;
  peer.note(firing("A"));
  peer.tell(kNow);
  const std::int64_t end = kNow + 10 * kSecond;
  peer.note(resolved("A", kNow, end), end);
  int times = 0;
  for (std::int64_t now = end; now < end + 60 * kMinute; now += kSecond) {
    peer.note(resolved("A", kNow, end), now);
    const auto told = peer.tell(now);
    if (told.empty()) continue;
    EXPECT_THAT(told, ElementsAre("A resolved"));
    EXPECT_EQ(now, end + times * kMinute);
    ++times;
  }
  EXPECT_EQ(times, 16);
  EXPECT_EQ(peer.state.size(), 0U);
  EXPECT_EQ(peer.state.next(), std::nullopt);
}

TEST(PeerState, NewAnnotationsGoOutWithTheNextRepetition) {
  Peer peer;
  peer.note(firing("A"));
  peer.tell(kNow);
  Alert changed = firing("A");
  changed.annotations = {{"summary", "it is still down"}};
  peer.note(changed, kNow + 15 * kSecond);
  EXPECT_THAT(peer.tell(kNow + 15 * kSecond), IsEmpty());
  const auto batch = peer.state.take(kNow + kMinute, kEvaluation);
  EXPECT_EQ(json::parse(batch->body)[0]["annotations"]["summary"], "it is still down");
}

TEST(PeerState, WhatWasNotTakenIsTriedAgainSlowerAndSlower) {
  Peer peer;
  peer.note(firing("A"));
  std::vector<std::int64_t> pauses;
  std::int64_t now = kNow;
  for (int i = 0; i < 14; ++i) {
    EXPECT_THAT(peer.tell(now, kAway), ElementsAre("A firing"));
    EXPECT_THAT(peer.tell(*peer.state.next() - 1), IsEmpty());
    pauses.push_back(*peer.state.next() - now);
    now = *peer.state.next();
  }
  EXPECT_EQ(pauses[0], 500);
  EXPECT_EQ(pauses[1], 750);
  EXPECT_EQ(pauses[13], 30'000);
  EXPECT_TRUE(std::ranges::is_sorted(pauses));
  EXPECT_EQ(peer.state.failed(), 14U);
  EXPECT_EQ(peer.state.last_error(), "refused");
  EXPECT_THAT(peer.tell(now), ElementsAre("A firing"));
  EXPECT_EQ(peer.state.last_error(), "");
  peer.note(firing("B"), now);
  peer.tell(now, kAway);
  EXPECT_EQ(*peer.state.next(), now + 500);  // begins anew
}

TEST(PeerState, WaitsAsLongAsItIsAskedToWithinBounds) {
  for (const auto& [asked, pause] : std::initializer_list<std::pair<std::int64_t, std::int64_t>>{
           {100, 500}, {7'000, 7'000}, {3'600'000, kMinute}}) {
    Peer peer;
    peer.note(firing("A"));
    Verdict busy = kAway;
    busy.retry_after = std::chrono::milliseconds(asked);
    peer.tell(kNow, busy);
    EXPECT_EQ(peer.state.next(), kNow + pause);
  }
}

TEST(PeerState, OneRequestAtATime) {
  Peer peer;
  peer.note(firing("A"));
  const auto batch = peer.state.take(kNow, kEvaluation);
  peer.note(firing("B"));
  EXPECT_EQ(peer.state.next(), std::nullopt);
  EXPECT_FALSE(peer.state.take(kNow + kMinute, kEvaluation));
  peer.state.done(*batch, kAccepted, kNow + kMinute);
  EXPECT_THAT(peer.tell(kNow + kMinute), ElementsAre("B firing"));
}

TEST(PeerState, AnAlertThatCameAndWentWhileItWasAwayIsToldAsResolved) {
  Peer peer;
  peer.note(firing("A"));
  peer.tell(kNow, kAway);
  const std::int64_t end = kNow + kMinute;
  peer.note(resolved("A", kNow, end), end);
  std::int64_t now = end;
  for (; now < end + 3 * 60 * kMinute; now = std::max(now + 1, *peer.state.next())) {
    peer.tell(now, kAway);
  }
  EXPECT_THAT(peer.tell(now), ElementsAre("A resolved"));
  EXPECT_EQ(peer.state.size(), 0U);  // long ago: once is enough
}

TEST(PeerState, EachTimeThatItCameAndWentIsTold) {
  Peer peer;
  for (int i = 0; i < 3; ++i) {
    const std::int64_t begin = kNow + i * kMinute;
    peer.note(firing("A", begin), begin);
    peer.note(resolved("A", begin, begin + kSecond), begin + kSecond);
  }
  peer.note(firing("A", kNow + 3 * kMinute), kNow + 3 * kMinute);
  const std::int64_t now = kNow + 3 * kMinute;
  EXPECT_THAT(peer.tell(now, kAway),
              ElementsAre("A resolved", "A resolved", "A resolved", "A firing"));
  EXPECT_THAT(peer.tell(now + kMinute),
              ElementsAre("A resolved", "A resolved", "A resolved", "A firing"));
  EXPECT_THAT(peer.tell(now + 2 * kMinute), ElementsAre("A firing"));
  // One that was told is not told again when the next one begins.
  peer.note(resolved("A", now, now + 2 * kMinute), now + 2 * kMinute);
  EXPECT_THAT(peer.tell(now + 2 * kMinute), ElementsAre("A resolved"));
  peer.note(firing("A", now + 3 * kMinute), now + 3 * kMinute);
  EXPECT_THAT(peer.tell(now + 3 * kMinute), ElementsAre("A firing"));
  EXPECT_EQ(peer.state.dropped(), 0U);
}

TEST(PeerState, AnAlertThatFlapsIsBounded) {
  Peer peer;
  for (int i = 0; i < 1000; ++i) {
    peer.note(firing("A", kNow + i * kSecond), kNow + i * kSecond);
    peer.note(resolved("A", kNow + i * kSecond, kNow + i * kSecond + 1), kNow + i * kSecond + 1);
  }
  EXPECT_EQ(peer.tell(kNow + kMinute * 60).size(), PeerState::kEpisodes + 1);
  EXPECT_EQ(peer.state.dropped(), 1000 - PeerState::kEpisodes - 1);
}

TEST(PeerState, AChangeWhileARequestIsOnItsWayIsNotLost) {
  Peer peer;
  peer.note(firing("A"));
  auto batch = peer.state.take(kNow, kEvaluation);
  peer.note(resolved("A", kNow, kNow + 1), kNow + 1);
  peer.state.done(*batch, kAccepted, kNow + 2);
  batch = peer.state.take(kNow + 2, kEvaluation);
  ASSERT_TRUE(batch);
  EXPECT_THAT(Peer::words(*batch, kNow + 2), ElementsAre("A resolved"));
  // Told as resolved on the way, it begins anew.
  peer.note(firing("A", kNow + 3), kNow + 3);
  peer.state.done(*batch, kAccepted, kNow + 4);
  EXPECT_THAT(peer.tell(kNow + 4), ElementsAre("A firing"));
}

TEST(PeerState, TwoChangesWhileARequestIsOnItsWayAreNotLost) {
  Peer peer;
  peer.note(firing("A"));
  const auto batch = peer.state.take(kNow, kEvaluation);
  peer.note(resolved("A", kNow, kNow + 1), kNow + 1);
  peer.note(firing("A", kNow + 2), kNow + 2);
  peer.state.done(*batch, kAccepted, kNow + 3);
  EXPECT_THAT(peer.tell(kNow + 3), ElementsAre("A resolved", "A firing"));
}

TEST(PeerState, ARequestThatFailedOnItsWayLosesNothing) {
  Peer peer;
  peer.note(resolved("A", kNow - 1, kNow));
  const auto batch = peer.state.take(kNow, kEvaluation);
  peer.note(firing("A", kNow + 1), kNow + 1);
  peer.state.done(*batch, kAway, kNow + 2);
  EXPECT_THAT(peer.tell(kNow + kSecond), ElementsAre("A resolved", "A firing"));
}

TEST(PeerState, ARefusedRequestHoldsNobodyElseUp) {
  Peer peer;
  peer.note(firing("A"));
  EXPECT_THAT(peer.tell(kNow, kInvalid), ElementsAre("A firing"));
  peer.note(firing("B"), kNow + 1);
  EXPECT_THAT(peer.tell(kNow + 1), ElementsAre("B firing"));
  EXPECT_THAT(peer.tell(kNow + kMinute), ElementsAre("A firing"));
  EXPECT_EQ(peer.state.failed(), 1U);
  // That resolved long ago is not offered for ever.
  peer.note(resolved("A", kNow, kNow + 2 * kMinute), kNow + 2 * kMinute);
  EXPECT_THAT(peer.tell(kNow + 17 * kMinute, kInvalid), ElementsAre("B firing", "A resolved"));
  EXPECT_EQ(peer.state.size(), 1U);
}

TEST(PeerState, AnAlertThatEndsByItselfIsToldWhenItDoes) {
  Peer peer;
  peer.note(resolved("A", kNow, kNow + 10 * kSecond));
  auto batch = peer.state.take(kNow, kEvaluation);
  EXPECT_EQ(json::parse(batch->body)[0]["endsAt"], "2026-09-21T14:13:30.000Z");
  peer.state.done(*batch, kAccepted, kNow);
  EXPECT_EQ(peer.state.next(), kNow + 10 * kSecond);
  peer.note(resolved("A", kNow, kNow + 5 * kSecond), kNow + 1);  // sooner
  EXPECT_EQ(peer.state.next(), kNow + 5 * kSecond);
  EXPECT_THAT(peer.tell(kNow + 5 * kSecond), ElementsAre("A resolved"));
}

TEST(PeerState, WhatResolvedBeforeWeBeganIsNoNews) {
  Peer peer;
  peer.note(resolved("A", kNow - 20 * kMinute, kNow - 16 * kMinute));
  EXPECT_EQ(peer.state.next(), std::nullopt);
  peer.note(resolved("A", kNow - 20 * kMinute, kNow - 14 * kMinute));
  EXPECT_THAT(peer.tell(kNow), ElementsAre("A resolved"));
}

TEST(PeerState, ManyAlertsGoInSeveralRequests) {
  Peer peer;
  for (int i = 0; i < 600; ++i) peer.note(firing(fmt::format("A{}", i)), kNow + i);
  EXPECT_EQ(peer.tell(kNow + kSecond).front(), "A0 firing");  // the longest waiting
  EXPECT_EQ(peer.tell(kNow + kSecond).size(), 256U);
  EXPECT_EQ(peer.tell(kNow + kSecond).size(), 600U - 512U);
  EXPECT_THAT(peer.tell(kNow + kSecond), IsEmpty());
  Peer large;
  for (int i = 0; i < 10; ++i) {
    Alert alert = firing(fmt::format("A{}", i));
    alert.annotations = {{"summary", std::string(600'000, 'x')}};
    large.note(alert);
  }
  EXPECT_EQ(large.tell(kNow).size(), 2U);
}

TEST(PeerState, WhenThereAreTooManyTheOldestResolvedOnesGo) {
  constexpr std::size_t kMost = 2000;
  PeerState state(kMost);
  for (std::size_t i = 0; i < kMost; ++i) {
    const std::string name = fmt::format("{:06}", i);
    state.note(name, i < 100 ? resolved(name, kNow - 2, kNow) : firing(name), kNow);
  }
  state.note("more", firing("more"), kNow);
  EXPECT_EQ(state.size(), kMost - 99);
  EXPECT_EQ(state.dropped(), 100U);
  for (int i = 0; i < 200; ++i) state.note(fmt::format("x{}", i), firing("x"), kNow);
  EXPECT_EQ(state.size(), kMost);
  EXPECT_EQ(state.dropped(), 100U + 101U);
}

}  // namespace
}  // namespace hitwatch::notify
