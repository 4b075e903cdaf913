#include "agent/cli/sink_text.h"

#include <fmt/format.h>

#include <cstdlib>

#include "agent/cli/terminal_text.h"
#include "agent/net/rfc3339.h"

namespace hitwatch::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t kClockTolerance = 300;  // seconds, of a signature's time

// A member as printable text: strings as they are, other values as JSON; "" if there is none.
std::string raw_member(const ordered_json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string member(const ordered_json& object, const char* key) {
  return printable(raw_member(object, key));
}

// The lines of a text that may have several, each indented.
std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line = printable(text.substr(0, end));
    if (!line.empty()) out += fmt::format("{}{}\n", indent, line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// `    name: value`, further lines of the value below it.
std::string named(std::string_view name, std::string_view value) {
  const std::size_t end = std::min(value.find('\n'), value.size());
  std::string out = fmt::format("    {}: {}\n", printable(name), printable(value.substr(0, end)));
  return out + indented(value.substr(std::min(end + 1, value.size())), "      ");
}

// `name: value` for each member, if it is an object.
std::string named_members(const ordered_json& object, const char* key) {
  std::string out;
  if (const auto found = object.find(key); found != object.end() && found->is_object()) {
    for (const auto& [name, value] : found->items())
      out += named(name, raw_member(*found, name.c_str()));
  }
  return out;
}

// `RedisDown{instance="r1:6379", severity="page"}`
std::string labels_text(const ordered_json& labels) {
  std::string name;
  std::string rest;
  if (labels.is_object()) {
    for (const auto& [label, value] : labels.items()) {
      if (label == "alertname") {
        name = raw_member(labels, "alertname");
        continue;
      }
      if (!rest.empty()) rest += ", ";
      rest += fmt::format("{}=\"{}\"", label, raw_member(labels, label.c_str()));
    }
  }
  return printable(rest.empty() && !name.empty() ? name : name + "{" + rest + "}");
}

// A time that is none in these formats.
bool is_zero_time(std::string_view text) { return text.empty() || text.starts_with("0001-"); }

std::string alert_text(const ordered_json& alert) {
  std::string status = member(alert, "status");
  if (status.empty()) status = "alert";
  const auto labels = alert.find("labels");
  std::string out = fmt::format("  {:<8} {}", status,
                                labels_text(labels == alert.end() ? ordered_json() : *labels));
  const std::string starts = member(alert, "startsAt");
  const std::string ends = member(alert, "endsAt");
  if (!is_zero_time(starts)) out += " from " + starts;
  if (!is_zero_time(ends)) out += " until " + ends;
  return out + "\n" + named_members(alert, "annotations");
}

std::string alerts_text(const ordered_json& alerts) {
  std::string out;
  for (const ordered_json& alert : alerts) {
    out += alert.is_object() ? alert_text(alert) : "  (no alert)\n";
  }
  return out;
}

std::string webhook_text(const ordered_json& body) {
  std::string out = fmt::format("  {} to {}", member(body, "status"), member(body, "receiver"));
  const std::string reason = member(body, "notification_reason");
  if (!reason.empty()) out += fmt::format(" ({})", reason);
  out += fmt::format(", group {}\n", member(body, "groupKey"));
  out += alerts_text(body.at("alerts"));
  const std::string truncated = member(body, "truncatedAlerts");
  if (!truncated.empty() && truncated != "0") out += fmt::format("  and {} more\n", truncated);
  return out;
}

std::string slack_text(const ordered_json& body) {
  std::string out;
  for (const char* key : {"channel", "username", "text"}) {
    if (const std::string text = raw_member(body, key); !text.empty()) out += named(key, text);
  }
  const auto attachments = body.find("attachments");
  if (attachments == body.end() || !attachments->is_array()) return out;
  for (const ordered_json& attachment : *attachments) {
    for (const char* key : {"color", "title", "title_link", "pretext", "text", "footer"}) {
      const std::string text = raw_member(attachment, key);
      if (!text.empty()) out += named(key, text);
    }
    if (!attachment.is_object() || !attachment.contains("fields")) continue;
    for (const ordered_json& field : attachment.at("fields")) {
      out += named(raw_member(field, "title"), raw_member(field, "value"));
    }
  }
  return out;
}

std::string pagerduty_text(const ordered_json& body) {
  std::string out =
      fmt::format("  {}, dedup_key {}\n", member(body, "event_action"), member(body, "dedup_key"));
  const auto payload = body.find("payload");
  if (payload == body.end() || !payload->is_object()) return out;
  for (const char* key : {"summary", "severity", "source", "class", "component", "group"}) {
    const std::string text = raw_member(*payload, key);
    if (!text.empty()) out += named(key, text);
  }
  return out + named_members(*payload, "custom_details");
}

std::string body_text(const SinkBody& body) {
  switch (body.format) {
    case SinkFormat::kWebhook:
      return webhook_text(body.json);
    case SinkFormat::kAlerts:
      return alerts_text(body.json);
    case SinkFormat::kSlack:
      return slack_text(body.json);
    case SinkFormat::kPagerDuty:
      return pagerduty_text(body.json);
    case SinkFormat::kSpans:
      return spans_text(body.json);
    case SinkFormat::kJson:
      return indented(body.json.dump(2, ' ', false, ordered_json::error_handler_t::replace), "  ");
    case SinkFormat::kText:
      break;
  }
  return indented(body.text, "  ");
}

std::string id_text(const SinkMessage& message) {
  std::string out;
  if (!message.id.empty()) {
    out += "id " + printable(message.id);
    if (message.seen_before > 0) {
      out += fmt::format(
          " (a repetition: seen {} before)",
          message.seen_before == 1 ? "once" : fmt::format("{} times", message.seen_before));
    }
  }
  if (message.signature == SinkSignature::kUnchecked) return out;
  if (!out.empty()) out += ", ";
  out += fmt::format("signature {}", signature_word(message.signature));
  if (message.signed_seconds_ago && std::abs(*message.signed_seconds_ago) > kClockTolerance) {
    out += fmt::format(", but its time is {} s {}", std::abs(*message.signed_seconds_ago),
                       *message.signed_seconds_ago > 0 ? "ago" : "ahead");
  }
  return out;
}

}  // namespace

std::string sink_text(const SinkMessage& message) {
  std::string out = fmt::format("{} #{} {} from {}: {} {}, answered {}\n",
                                net::format_rfc3339_milliseconds(message.time), message.number,
                                format_word(message.body.format), message.client,
                                printable(message.method), printable(message.path), message.answer);
  if (const std::string id = id_text(message); !id.empty()) out += fmt::format("  {}\n", id);
  if (!message.body.fault.empty()) out += fmt::format("  {}\n", message.body.fault);
  return out + body_text(message.body);
}

std::string sink_json(const SinkMessage& message) {
  ordered_json line{{"time", net::format_rfc3339_milliseconds(message.time)},
                    {"number", message.number},
                    {"client", message.client},
                    {"method", message.method},
                    {"path", message.path},
                    {"format", format_word(message.body.format)},
                    {"id", message.id},
                    {"seenBefore", message.seen_before}};
  if (message.signature != SinkSignature::kUnchecked) {
    line["signature"] = signature_word(message.signature);
    if (message.signed_seconds_ago) line["signedSecondsAgo"] = *message.signed_seconds_ago;
  }
  line["answer"] = message.answer;
  if (!message.body.fault.empty()) line["fault"] = message.body.fault;
  const bool is_text = message.body.format == SinkFormat::kText;
  line[is_text ? "text" : "body"] = is_text ? ordered_json(message.body.text) : message.body.json;
  return line.dump(-1, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace hitwatch::cli
