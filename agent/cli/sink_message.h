// What one request to `hitwatch sink` brought, and which program's format it is in.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/cli/sink_spans.h"

namespace hitwatch::cli {

enum class SinkFormat : std::uint8_t {
  kWebhook,    // Alertmanager's webhook, version 4
  kAlerts,     // what Alertmanager takes: POST /api/v2/alerts
  kSlack,      // an incoming webhook of Slack
  kPagerDuty,  // PagerDuty's events, version 2
  kSpans,      // OTLP: POST /v1/traces
  kJson,       // something else in JSON
  kText        // anything
};
// "webhook", "alerts", "slack", "pagerduty", "spans", "json", "text"
std::string_view format_word(SinkFormat format);

struct SinkBody {
  SinkFormat format = SinkFormat::kText;
  nlohmann::ordered_json json;  // null for kText; of kSpans what read_spans() gives
  std::string text;             // of kText
  SpanEncoding encoding = SpanEncoding::kProtobuf;  // of kSpans
  int refusal = 0;                                  // the status that refuses what it is, with…
  std::string fault;                                // …the reason why
};

// JSON that nests deeper than 100 levels is text. Recognises formats by what is in them, alerts by
// the path, too.
SinkBody read_sink_body(std::string_view path, std::string body);

// Whether spans are sent to this path.
bool takes_spans(std::string_view path);
// The same of spans, which may be compressed (`content_encoding`) and then have at most
// `most_bytes`.
SinkBody read_span_body(std::string_view content_type, std::string_view content_encoding,
                        std::string body, std::size_t most_bytes);

enum class SinkSignature : std::uint8_t { kUnchecked, kMissing, kValid, kInvalid };
// "", "missing", "valid", "invalid"
std::string_view signature_word(SinkSignature signature);

struct SinkMessage {
  std::int64_t time = 0;   // when it came, milliseconds since 1970
  std::size_t number = 1;  // counted from the start of the program
  std::string method;
  std::string path;
  std::string client;           // "127.0.0.1:50514"
  std::string id;               // the header webhook-id; "" if there is none
  std::size_t seen_before = 0;  // messages with this id
  SinkSignature signature = SinkSignature::kUnchecked;
  std::optional<std::int64_t> signed_seconds_ago;  // by the header webhook-timestamp
  int answer = 200;                                // the status
  SinkBody body;
};

}  // namespace hitwatch::cli
