#include "agent/cli/sink_message.h"

#include <algorithm>
#include <utility>

#include "agent/net/http_words.h"
#include "agent/web/decompress.h"

namespace hitwatch::cli {
namespace {

using nlohmann::ordered_json;

// The library writes JSON with a recursion for each level.
constexpr int kDeepest = 100;

bool nests_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    if (in_string) {
      if (byte == '\\') ++i;
      if (byte == '"') in_string = false;
      continue;
    }
    if (byte == '"') in_string = true;
    if (byte == '[' || byte == '{') ++depth;
    if (byte == ']' || byte == '}') --depth;
    if (depth > kDeepest) return true;
  }
  return false;
}

bool has_array(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_array();
}

bool is_list_of_alerts(const ordered_json& json) {
  return json.is_array() && std::ranges::all_of(json, [](const ordered_json& alert) {
           return alert.is_object() && alert.contains("labels");
         });
}

SinkFormat format_of(std::string_view path, const ordered_json& json) {
  if (path.ends_with("/api/v2/alerts") && is_list_of_alerts(json)) return SinkFormat::kAlerts;
  if (!json.is_object()) return SinkFormat::kJson;
  if (json.contains("groupKey") && has_array(json, "alerts")) return SinkFormat::kWebhook;
  if (json.contains("routing_key") && json.contains("event_action")) return SinkFormat::kPagerDuty;
  if (has_array(json, "attachments") || has_array(json, "blocks") || json.contains("text")) {
    return SinkFormat::kSlack;
  }
  return SinkFormat::kJson;
}

}  // namespace

std::string_view format_word(SinkFormat format) {
  constexpr std::string_view kWords[] = {"webhook", "alerts", "slack", "pagerduty",
                                         "spans",   "json",   "text"};
  return kWords[static_cast<std::size_t>(format)];
}

std::string_view signature_word(SinkSignature signature) {
  constexpr std::string_view kWords[] = {"", "missing", "valid", "invalid"};
  return kWords[static_cast<std::size_t>(signature)];
}

SinkBody read_sink_body(std::string_view path, std::string body) {
  SinkBody read;
  if (!nests_too_deep(body)) {
    read.json = ordered_json::parse(body, nullptr, false);
    if (!read.json.is_discarded()) {
      read.format = format_of(path, read.json);
      return read;
    }
  }
  read.json = nullptr;
  read.text = std::move(body);
  return read;
}

bool takes_spans(std::string_view path) { return path.ends_with("/v1/traces"); }

SinkBody read_span_body(std::string_view content_type, std::string_view content_encoding,
                        std::string body, std::size_t most_bytes) {
  constexpr int kBadRequest = 400;
  constexpr int kTooLarge = 413;
  constexpr int kUnsupported = 415;
  SinkBody read;
  const auto refuse = [&](int status, std::string fault) {
    read.refusal = status;
    read.fault = std::move(fault);
    return read;
  };
  const auto encoding = span_encoding(content_type);
  if (!encoding) return refuse(kUnsupported, encoding.error());
  if (net::equal_ignoring_case(content_encoding, "gzip")) {
    auto unpacked = web::gunzip(body, most_bytes);
    if (!unpacked) {
      return unpacked.error() == web::GunzipFault::kTooLarge
                 ? refuse(kTooLarge, "the body is too large when unpacked")
                 : refuse(kBadRequest, "the body is not whole gzip");
    }
    body = *std::move(unpacked);
  } else if (!content_encoding.empty()) {
    return refuse(kUnsupported, "the Content-Encoding is gzip, or none");
  }
  if (*encoding == SpanEncoding::kJson && nests_too_deep(body)) {
    return refuse(kBadRequest, "the body nests too deep");
  }
  auto spans = read_spans(*encoding, body);
  if (!spans) return refuse(kBadRequest, spans.error());
  read.format = SinkFormat::kSpans;
  read.json = *std::move(spans);
  read.encoding = *encoding;
  return read;
}

}  // namespace hitwatch::cli
