// From a message to the HTTP request that brings it, and from the answer to a verdict.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "agent/net/http_client.h"
#include "agent/notify/message.h"
#include "agent/notify/notice_templates.h"
#include "agent/notify/outbox.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

struct Delivery {
  net::HttpRequest request;
  std::chrono::milliseconds timeout{0};
  std::string shown_url;  // scheme and host only: what logs may say
  // A template failed: what it was for went out plain, or was left out. Which setting, and why.
  std::string template_error;
  // Alerts that `max_alerts` of a webhook leaves out of this message: their receiver is not told of
  // them, only of how many they are. Worth a metric.
  std::size_t truncated_alerts = 0;
};

// `external_url` is that of the daemon. Reads secrets and signs; the error (an unreadable secret, a
// URL that is none) is one to try again.
std::expected<Delivery, std::string> render(const Integration& integration, const Message& message,
                                            const NoticeTemplates& templates,
                                            const std::string& external_url, std::int64_t now);

// What the answer says, by the kind of integration (Slack: 200 with another body than "ok" is a
// refusal, unless it is one of Slack's words for "later"). Reasons show the beginning of the
// answer, without what is secret in the integration.
Verdict judge(const Integration& integration,
              const std::expected<net::HttpResponse, net::Error>& answer, std::int64_t now);

// "HTTP status 503: …" with the beginning of the answer, without what is secret in the integration.
std::string answer_text(const Integration& integration, const net::HttpResponse& answer);

}  // namespace hitwatch::notify
