#include "agent/notify/delivery_span.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/net/http_words.h"
#include "agent/notify/alert_trace.h"

namespace hitwatch::notify {
namespace {

constexpr std::size_t kMostSpanLinks = 128;  // OpenTelemetry's default limit
constexpr std::string_view kHeaderName = "traceparent";

trace::Time system_now() { return std::chrono::system_clock::now(); }

}  // namespace

void DeliverySpan::begin(const trace::Tracer& tracer, std::string_view integration) {
  if (!span_.context.trace.valid()) {
    span_.context.trace = trace::new_trace_id();
    const auto worth = routine_ ? trace::Worth::kRoutine : trace::Worth::kNotable;
    span_.context.sampled = tracer.samples(span_.context.trace, worth);
  }
  span_.context.span = trace::new_span_id();
  span_.name = "notify ";
  span_.name += integration;
  span_.kind = trace::Kind::kClient;
  span_.start = system_now();
}

DeliverySpan::DeliverySpan(const trace::Tracer& tracer, const Message& message) {
  if (!tracer.enabled()) return;
  for (const MessageAlert& one : message.alerts) {
    if (span_.links.size() >= kMostSpanLinks) break;
    if (const auto transition = transition_span(one.alert, one.firing)) {
      span_.links.push_back({*transition, {}});
    }
  }
  if (!span_.links.empty() && message.reason != Reason::kRepeat) {
    span_.context.trace = span_.links.front().to.trace;
    span_.context.sampled = tracer.samples(span_.context.trace, trace::Worth::kNotable);
    span_.parent = span_.links.front().to.span;
    span_.links.erase(span_.links.begin());
  }
  begin(tracer, message.destination.integration);
  span_.attributes = {{"http.request.method", std::string("POST")},
                      {"hitwatch.receiver", message.destination.text()},
                      {"hitwatch.message.id", message.id},
                      {"hitwatch.message.reason", std::string(reason_text(message.reason))},
                      {"hitwatch.alerts", static_cast<std::int64_t>(message.alerts.size())}};
}

DeliverySpan::DeliverySpan(const trace::Tracer& tracer, std::size_t alerts) : routine_(true) {
  if (!tracer.enabled()) return;
  begin(tracer, "alertmanager");
  span_.attributes = {{"http.request.method", std::string("POST")},
                      {"hitwatch.alerts", static_cast<std::int64_t>(alerts)}};
}

void DeliverySpan::add_header(net::HttpRequest& request) const {
  if (!span_.context.valid()) return;
  const bool given = std::ranges::any_of(request.headers, [](const auto& header) {
    return net::equal_ignoring_case(header.first, kHeaderName);
  });
  if (!given) request.headers.emplace_back(kHeaderName, trace::to_traceparent(span_.context));
}

void DeliverySpan::set_attempt(int attempts_before) {
  if (!span_.context.valid() || attempts_before == 0) return;
  span_.attributes.push_back({"http.request.resend_count", std::int64_t{attempts_before}});
}

// Paths and queries of webhooks are secrets as a rule.
void DeliverySpan::set_server(const net::HttpUrl& url) {
  if (!span_.context.valid()) return;
  span_.attributes.push_back({"url.scheme", std::string(url.tls ? "https" : "http")});
  span_.attributes.push_back({"server.address", url.host});
  span_.attributes.push_back({"server.port", std::int64_t{url.port}});
}

void DeliverySpan::end(trace::Tracer& tracer, const net::HttpResponse* answer,
                       const Verdict& verdict) {
  if (!span_.context.valid()) return;
  const bool failed = verdict.kind != Verdict::Kind::kAccepted;
  if (routine_ && failed && !span_.context.sampled) {
    span_.context.sampled = tracer.samples(span_.context.trace, trace::Worth::kNotable);
  }
  if (!span_.context.sampled) return;
  span_.end = std::max(system_now(), span_.start);
  if (answer != nullptr) {
    span_.attributes.push_back({"http.response.status_code", std::int64_t{answer->status}});
  }
  if (failed) {
    span_.status = trace::Status::kError;
    span_.status_message = verdict.reason;
    span_.attributes.push_back({"error.type", answer != nullptr ? std::to_string(answer->status)
                                                                : std::string("no_answer")});
    span_.attributes.push_back({"hitwatch.retry", verdict.kind == Verdict::Kind::kRetry});
  }
  tracer.record(std::move(span_));
  span_ = {};
}

}  // namespace hitwatch::notify
