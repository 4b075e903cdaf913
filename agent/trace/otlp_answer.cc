#include "agent/trace/otlp_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "agent/net/http_words.h"
#include "agent/net/retry_after.h"
#include "agent/trace/utf8_text.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"

namespace hitwatch::trace {
namespace {

using nlohmann::json;
using opentelemetry::proto::collector::trace::v1::ExportTracePartialSuccess;
using opentelemetry::proto::collector::trace::v1::ExportTraceServiceResponse;

constexpr std::size_t kLongestLogged = 200;

bool is_json(const net::HttpResponse& answer) {
  constexpr std::string_view kJson = "application/json";
  return net::equal_ignoring_case(std::string_view(answer.content_type).substr(0, kJson.size()),
                                  kJson);
}

// The member of an object; null if it is none, or has none.
json member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? json() : *found;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

// protobuf's JSON mapping writes 64-bit numbers as text, and reads both.
std::int64_t number_of(const json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  const std::string text = text_of(value);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// What cannot be read says nothing: the status has said that the spans were accepted.
OtlpVerdict accepted(const net::HttpResponse& answer) {
  std::int64_t rejected = 0;
  OtlpVerdict verdict{.kind = OtlpVerdict::Kind::kAccepted};
  if (is_json(answer)) {
    const json body = json::parse(answer.body, nullptr, false);
    const json partial = member(body, "partialSuccess");
    rejected = number_of(member(partial, "rejectedSpans"));
    verdict.text = text_of(member(partial, "errorMessage"));
  } else if (ExportTraceServiceResponse body; body.ParseFromString(answer.body)) {
    rejected = body.partial_success().rejected_spans();
    verdict.text = body.partial_success().error_message();
  }
  verdict.rejected = static_cast<std::uint64_t>(std::max<std::int64_t>(rejected, 0));
  return verdict;
}

// Errors come as google.rpc.Status, whose code and message have the numbers that the fields of a
// partial success have; or as whatever else a server or proxy says.
std::string refusal_text(const net::HttpResponse& answer) {
  std::string said = answer.body;
  if (is_json(answer)) {
    const std::string message =
        text_of(member(json::parse(answer.body, nullptr, false), "message"));
    if (!message.empty()) said = message;
  } else if (ExportTracePartialSuccess status;
             answer.content_type.contains("protobuf") && status.ParseFromString(answer.body)) {
    said = status.error_message();
  }
  return fmt::format("HTTP status {}{}{}", answer.status, said.empty() ? "" : ": ", said);
}

OtlpVerdict::Kind kind_of(int status) {
  switch (status) {
    case 413:
      return OtlpVerdict::Kind::kTooLarge;
    case 429:
    case 502:
    case 503:
    case 504:
      return OtlpVerdict::Kind::kBusy;
    default:
      return OtlpVerdict::Kind::kRefused;
  }
}

}  // namespace

OtlpVerdict judge_answer(const std::expected<net::HttpResponse, net::Error>& answer,
                         std::int64_t now) {
  if (!answer) return {.kind = OtlpVerdict::Kind::kFailed, .text = answer.error().text};
  if (answer->status >= 200 && answer->status < 300) return accepted(*answer);
  OtlpVerdict verdict{.kind = kind_of(answer->status), .text = refusal_text(*answer)};
  if (verdict.kind == OtlpVerdict::Kind::kBusy) {
    verdict.retry_after = net::parse_retry_after(answer->header("Retry-After"), now);
  }
  return verdict;
}

std::string loggable(std::string_view said, const net::SecretTexts& secrets) {
  std::string text = secrets.hidden_in(said);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  std::string scratch;
  return std::string(utf8_text(text, kLongestLogged, scratch));
}

}  // namespace hitwatch::trace
