#include "agent/cli/sink.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <memory>
#include <utility>

#include "agent/notify/webhook_signature.h"

namespace hitwatch::cli {
namespace {

std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Seconds since 1970, as in the header webhook-timestamp.
std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  constexpr std::int64_t kLatest = 253'402'300'799;  // of the year 9999
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (seconds < 0 || seconds > kLatest) return std::nullopt;
  return seconds;
}

}  // namespace

Sink::Sink(boost::asio::io_context& context, SinkPlan plan, Calls calls)
    : context_(context), plan_(std::move(plan)), calls_(std::move(calls)) {}

web::Handler Sink::handler() {
  return [this](const web::Request& request, web::Reply reply) {
    if (request.method == "GET" || request.method == "HEAD") {
      return reply({.body = "hitwatch sink: messages come by POST\n"});
    }
    boost::asio::post(context_, [this, request = request, reply = std::move(reply)]() mutable {
      receive(std::move(request), reply);
    });
  };
}

void Sink::receive(web::Request request, const web::Reply& reply) {
  if (ended_ || (plan_.count && received_ >= *plan_.count)) {
    return reply({.status = 503, .body = "The sink has all that it waited for.\n"});
  }
  SinkMessage message = read(std::move(request));
  const bool fails = plan_.always_fail || message.number <= plan_.failures;
  web::Response response = response_to(message, fails);
  message.answer = response.status;
  if (!calls_.show(message)) {
    ended_ = true;
    return calls_.done();
  }
  if (plan_.delay.count() == 0) return answer(reply, std::move(response));
  const auto timer = std::make_shared<boost::asio::steady_timer>(context_, plan_.delay);
  timer->async_wait([this, timer, reply,
                     late = std::move(response)](const boost::system::error_code& error) mutable {
    if (!error) answer(reply, std::move(late));
  });
}

SinkMessage Sink::read(web::Request request) {
  SinkMessage message;
  message.time = milliseconds_now();
  message.number = ++received_;
  message.method = request.method;
  message.path = request.path;
  message.client = request.client;
  message.id = request.header("webhook-id");
  message.seen_before = count_id(message.id);
  check_signature(message, request);
  message.body = takes_spans(message.path) ? read_span_body(request.header("Content-Type"),
                                                            request.header("Content-Encoding"),
                                                            std::move(request.body), kMostSpanBytes)
                                           : read_sink_body(message.path, std::move(request.body));
  return message;
}

void Sink::check_signature(SinkMessage& message, const web::Request& request) const {
  if (plan_.key.empty()) return;
  const std::string_view signature = request.header("webhook-signature");
  if (signature.empty()) {
    message.signature = SinkSignature::kMissing;
    return;
  }
  message.signature = SinkSignature::kInvalid;
  const auto timestamp = parse_timestamp(request.header("webhook-timestamp"));
  if (!timestamp) return;
  message.signed_seconds_ago = message.time / 1000 - *timestamp;
  if (notify::verify(plan_.key, message.id, *timestamp, request.body, signature)) {
    message.signature = SinkSignature::kValid;
  }
}

// How often the id was seen before.
std::size_t Sink::count_id(const std::string& id) {
  if (id.empty()) return 0;
  const auto [entry, is_new] = seen_.try_emplace(id, 0);
  if (!is_new) return ++entry->second;
  ids_.push_back(id);
  if (ids_.size() > kMostIds) {
    seen_.erase(ids_.front());
    ids_.pop_front();
  }
  return 0;
}

web::Response Sink::response_to(const SinkMessage& message, bool fails) const {
  if (fails) {
    web::Response response{.status = plan_.status, .body = "The sink was told to fail.\n"};
    if (plan_.retry_after) {
      response.headers.push_back({"Retry-After", std::to_string(*plan_.retry_after)});
    }
    return response;
  }
  if (message.body.refusal != 0) {
    return {.status = message.body.refusal, .body = message.body.fault + "\n"};
  }
  switch (message.body.format) {
    case SinkFormat::kPagerDuty:
      return {.status = 202,
              .content_type = "application/json",
              .body = R"({"status":"success","message":"Event processed"})"
                      "\n"};
    case SinkFormat::kAlerts:
      return {};
    case SinkFormat::kSpans:
      return {.content_type = std::string(content_type_of(message.body.encoding)),
              .body = std::string(all_spans_taken(message.body.encoding))};
    default:
      return {.body = "ok"};  // the word that Slack's clients wait for
  }
}

void Sink::answer(const web::Reply& reply, web::Response response) {
  reply(std::move(response));
  if (plan_.count && ++answered_ == *plan_.count) {
    ended_ = true;
    calls_.done();
  }
}

}  // namespace hitwatch::cli
