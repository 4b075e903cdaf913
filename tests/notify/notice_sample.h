// A group of three alerts, one of them resolved, whose texts need care in JSON, and a receiver.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/notify/message.h"
#include "agent/notify/notice_templates.h"

namespace hitwatch::notify::test {

inline constexpr std::int64_t kTenOClock = 1'787'220'000'000;  // 2026-08-20T10:00:00Z

inline MessageAlert sample_alert(std::string_view instance, bool firing) {
  MessageAlert out;
  out.firing = firing;
  out.alert.labels = {{"alertname", "RedisDown"},
                      {"cluster", "c<1>"},
                      {"instance", std::string(instance)},
                      {"severity", "page"}};
  out.alert.annotations = {{"summary", "It's \"down\" & <out>"}};
  out.alert.starts_at = kTenOClock + 120;
  out.alert.ends_at = kTenOClock + 3'600'500;
  out.alert.generator_url = "http://hw.example/graph?a=1&b=2";
  return out;
}

inline Message sample_message() {
  Message message;
  message.id = "msg_2fYb0Wc";
  message.destination = {.receiver = "team-X.web", .integration = "webhook", .index = 0};
  message.group_key = R"({}:{alertname="RedisDown", cluster="c<1>"})";
  message.group_labels = {{"alertname", "RedisDown"}, {"cluster", "c<1>"}};
  message.alerts = {sample_alert("r1:6379", true), sample_alert("r2:6379", true),
                    sample_alert("r3:6379", false)};
  message.reason = Reason::kNewAlerts;
  return message;
}

inline Message resolved_message() {
  auto message = sample_message();
  message.alerts = {sample_alert("r3:6379", false)};
  message.reason = Reason::kAllResolved;
  return message;
}

inline constexpr const char* kExternalUrl = "http://am.example:9093/p/";

inline std::shared_ptr<const NoticeTemplates> default_templates() {
  return NoticeTemplates::load({}).value();
}

}  // namespace hitwatch::notify::test
