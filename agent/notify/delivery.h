// From a message to the HTTP request that brings it, and from the answer to a verdict.
#pragma once

#include <expected>
#include <memory>
#include <string>

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
  // A template failed: what was to be sent went out plain, and why.
  std::string template_error;
};

// `external_url` is that of the daemon. Reads secrets and signs; the error (an unreadable secret, a
// URL that is none) is one to try again.
std::expected<Delivery, std::string> render(const Integration& integration, const Message& message,
                                            const NoticeTemplates& templates,
                                            const std::string& external_url, std::int64_t now);

// What the answer says, by the kind of integration (Slack: 200 with another body than "ok" is a
// refusal).
Verdict judge(const Integration& integration,
              const std::expected<net::HttpResponse, net::Error>& answer, std::int64_t now);

// Retry-After, in seconds or as a date (RFC 9110, 10.2.3); nothing if it is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, std::int64_t now);

}  // namespace hitwatch::notify
