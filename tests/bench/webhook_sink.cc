#include "tests/bench/webhook_sink.h"

#include <nlohmann/json.hpp>

#include "agent/net/rfc3339.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {

WebhookSink::WebhookSink() {
  server_.Post("/",
               [this](const httplib::Request& request, httplib::Response&) { take(request.body); });
  port_ = server_.bind_to_any_port("127.0.0.1");
  thread_ = std::thread([this] { server_.listen_after_bind(); });
  test::eventually([this] { return server_.is_running(); });
}

WebhookSink::~WebhookSink() {
  server_.stop();
  thread_.join();
}

void WebhookSink::take(const std::string& body) {
  const auto arrived = std::chrono::steady_clock::now();
  const auto message = nlohmann::json::parse(body, nullptr, false);
  if (!message.is_object() || !message.contains("alerts")) return;
  for (const auto& alert : message["alerts"]) {
    if (alert.value("status", "") != "firing") continue;
    const std::scoped_lock lock(mutex_);
    const auto began = net::parse_rfc3339(alert.value("startsAt", "")).value_or(net::kNoTime);
    if (!notice_)
      notice_ = {arrived,
                 std::chrono::system_clock::time_point() + std::chrono::milliseconds(began)};
    told_.notify_all();
  }
}

std::optional<WebhookSink::Notice> WebhookSink::firing(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  told_.wait_for(lock, limit, [this] { return notice_.has_value(); });
  return notice_;
}

}  // namespace hitwatch::bench
