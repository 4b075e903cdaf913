// A real Alertmanager is told of alerts, and says what it has understood.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/net/rfc3339.h"
#include "agent/notify/alertmanager_client.h"
#include "tests/system/alertmanager.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using notify::Alert;
using notify::PeerState;
using notify::Verdict;

std::int64_t time_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class ToldAlertmanager {
 public:
  int post(const std::string& body) {
    const auto answer = alertmanager_.post("/api/v2/alerts", body);
    last_answer = answer ? answer->body : "none";
    return answer ? answer->status : 0;
  }
  // What it knows of alerts that fire, by their name.
  std::map<std::string, json> alerts() {
    std::map<std::string, json> known;
    const auto answer = alertmanager_.get("/api/v2/alerts");
    if (!answer) return known;
    for (const json& alert : json::parse(answer->body)) {
      known[alert["labels"]["alertname"]] = alert;
    }
    return known;
  }
  // Sends all that is due.
  void tell(PeerState& state, std::int64_t now) {
    while (const auto batch = state.take(now, 15'000)) {
      ASSERT_EQ(post(batch->body), 200) << last_answer;
      state.done(*batch, {.kind = Verdict::Kind::kAccepted, .reason = "", .retry_after = {}}, now);
    }
  }

  std::string last_answer;

 private:
  Alertmanager alertmanager_{"route: {receiver: none}\nreceivers: [{name: none}]\n"};
};

Alert redis_alert(const std::string& name, std::int64_t since) {
  return {.labels = {{"alertname", name}, {"instance", "r1:6379"}, {"quote", "\"<&>\"\\"}},
          .annotations = {{"summary", "ünïcode\nin two lines"}},
          .starts_at = since,
          .ends_at = std::nullopt,
          .generator_url = "http://hitwatch.example/graph?g0.expr=redis_up+%3D%3D+0&g0.tab=1",
          .updated_at = since};
}

void note(PeerState& state, const Alert& alert, std::int64_t now) {
  state.note(notify::fingerprint(alert.labels), alert, now);
}

TEST(AlertmanagerPeer, UnderstandsWhatItIsTold) {
  ToldAlertmanager alertmanager;
  PeerState state;
  const std::int64_t now = time_now();
  const Alert down = redis_alert("RedisDown", now - 5'000);
  note(state, down, now);
  alertmanager.tell(state, now);
  const json known = alertmanager.alerts()["RedisDown"];
  ASSERT_TRUE(known.is_object());
  EXPECT_EQ(known["labels"],
            json({{"alertname", "RedisDown"}, {"instance", "r1:6379"}, {"quote", "\"<&>\"\\"}}));
  EXPECT_EQ(known["annotations"], json({{"summary", "ünïcode\nin two lines"}}));
  EXPECT_EQ(known["startsAt"], net::format_rfc3339_milliseconds(now - 5'000));
  EXPECT_EQ(known["endsAt"], net::format_rfc3339_milliseconds(now + 240'000));
  EXPECT_EQ(known["generatorURL"], down.generator_url);
  EXPECT_EQ(known["fingerprint"], notify::fingerprint(down.labels));
  EXPECT_EQ(known["status"]["state"], "active");
}

TEST(AlertmanagerPeer, ForgetsWhatHasResolved) {
  ToldAlertmanager alertmanager;
  PeerState state;
  const std::int64_t now = time_now();
  Alert down = redis_alert("RedisDown", now - 5'000);
  note(state, down, now);
  note(state, redis_alert("Other", now - 5'000), now);
  alertmanager.tell(state, now);
  EXPECT_EQ(alertmanager.alerts().size(), 2U);
  down.ends_at = now - 1;
  note(state, down, now);
  alertmanager.tell(state, now);
  const auto left = alertmanager.alerts();
  EXPECT_EQ(left.size(), 1U);
  EXPECT_TRUE(left.contains("Other"));
}

TEST(AlertmanagerPeer, TakesManyInSeveralRequests) {
  ToldAlertmanager alertmanager;
  PeerState state;
  const std::int64_t now = time_now();
  for (int i = 0; i < 600; ++i) note(state, redis_alert("A" + std::to_string(i), now), now);
  alertmanager.tell(state, now);
  EXPECT_EQ(state.sent(), 600U);
  EXPECT_EQ(alertmanager.alerts().size(), 600U);
}

TEST(AlertmanagerPeer, AnAlertWithABadUrlSpoilsNoOther) {
  ToldAlertmanager alertmanager;
  PeerState state;
  const std::int64_t now = time_now();
  int number = 0;
  for (const std::string url : {"", "graph", "not a url", "http://x/%zz", "ftp:x", "http://a:b:c/",
                                "http://x/a%20b?c#d", "http://[::1]:90/", "http://[::1/"}) {
    Alert made = redis_alert("A" + std::to_string(number++), now);
    made.generator_url = url;
    note(state, made, now);
  }
  alertmanager.tell(state, now);
  EXPECT_EQ(alertmanager.alerts().size(), static_cast<std::size_t>(number));
}

}  // namespace
}  // namespace hitwatch::test
