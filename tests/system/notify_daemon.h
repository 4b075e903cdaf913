// A daemon that watches nothing and tells of the alerts that a test posts.
#pragma once

#include <gtest/gtest.h>
#include <httplib.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/harness.h"
#include "tests/system/sink.h"

namespace hitwatch::test {

class NotifyingDaemon : public testing::Test {
 protected:
  // The configuration: `notify` is what stands below `notify:`, `more` stands before it.
  void configure(const std::string& notify, const std::string& more = "") const {
    dir_.write("hitwatch.yaml", "targets: []\nrules: {bundled: false}\nweb: {admin_api: true}\n" +
                                    (more.empty() ? "storage: {path: '" + data() + "'}\n" : more) +
                                    "notify:\n" + notify);
  }
  // Everything to the receiver `team`, at once, with these integrations.
  static std::string team(const std::string& integrations) {
    return "  route: {receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 1s}\n"
           "  receivers:\n  - name: team\n" +
           integrations;
  }
  static std::string webhook(const std::string& url, const std::string& more = "") {
    return "    webhook_configs: [{url: '" + url + "'" + (more.empty() ? "" : ", " + more) + "}]\n";
  }
  void start(const Process::Environment& environment = {}) {
    daemon_.reset();
    daemon_ = std::make_unique<Hitwatch>(
        std::vector<std::string>{"run", "--config", dir_.path("hitwatch.yaml")}, environment);
  }
  void start_with(const std::string& notify) {
    configure(notify);
    start();
  }
  std::string data() const { return dir_.path("data"); }
  std::string log() const { return daemon_->process().output(); }

  HttpResponse post(const std::string& path, const std::string& body) const {
    httplib::Client client("127.0.0.1", daemon_->port());
    client.set_read_timeout(20);
    const auto answer = client.Post(path, body, "application/json");
    if (!answer) return {};
    return {answer->status, answer->body, {}};
  }
  // An alert with this name.
  void fire(const std::string& name) const {
    const HttpResponse answer =
        post("/api/v2/alerts", R"([{"labels":{"alertname":")" + name + "\"}}]");
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  // Of `pending` or `dead` messages.
  nlohmann::json list(const std::string& state) const {
    const auto answer = nlohmann::json::parse(
        daemon_->get("/api/v1/notifications?state=" + state).body, nullptr, false);
    return answer.is_object() ? answer["data"]["notifications"] : nlohmann::json::array();
  }
  // Why the first message that waits has failed last; "" if none has.
  std::string pending_error() const {
    const nlohmann::json pending = list("pending");
    return pending.empty() ? "" : pending[0].value("lastError", "");
  }
  // The value of a family of notifications, for `team`'s first integration of that kind or of all.
  double metric(const std::string& series) const {
    return sample(daemon_->metrics(), series).value_or(-1);
  }
  static std::string of_team(const std::string& family, const std::string& kind = "webhook") {
    return family + "{receiver=\"team\",integration=\"" + kind + "\",index=\"0\"}";
  }

  TempDir dir_;
  std::unique_ptr<Hitwatch> daemon_;
};

// The names of the alerts in the messages that a sink got, without repetitions of a message.
inline std::vector<std::string> alerts_told(const SinkProcess& sink) {
  std::vector<std::string> names;
  for (const nlohmann::json& message : sink.messages()) {
    if (message.value("seenBefore", 0) > 0) continue;
    for (const nlohmann::json& alert : message["body"]["alerts"]) {
      names.push_back(alert["labels"].value("alertname", ""));
    }
  }
  return names;
}

}  // namespace hitwatch::test
