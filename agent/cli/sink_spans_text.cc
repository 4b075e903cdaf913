// spans_text(): spans as lines for people.
#include <fmt/format.h>

#include <array>

#include "agent/cli/sink_spans.h"
#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

using nlohmann::ordered_json;

// Those that say most, in the order in which they are shown; of other programs' spans the first.
constexpr auto kTellingAttributes = std::to_array<const char*>(
    {"error.type", "db.query.text", "cache.tenant", "cache.type", "hitwatch.target",
     "hitwatch.latency.event", "hitwatch.alert.from", "hitwatch.alert.to", "hitwatch.alert.labels",
     "hitwatch.rule.group", "hitwatch.alert.transitions", "hitwatch.receiver",
     "http.request.method", "http.route", "http.response.status_code", "hitwatch.commands",
     "hitwatch.keyspace.sampled"});
constexpr std::size_t kMostAttributes = 5;
constexpr std::size_t kMostColumns = 60;  // of a value

std::string value_text(const ordered_json& value) {
  std::string text = value.is_string()
                         ? value.get<std::string>()
                         : value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  text = cut(printable(text), kMostColumns);
  return text.contains(' ') ? fmt::format("\"{}\"", text) : text;
}

std::string attributes_text(const ordered_json& attributes) {
  std::string out;
  std::size_t count = 0;
  const auto add = [&](std::string_view name, const ordered_json& value) {
    if (count++ < kMostAttributes) out += fmt::format(" {}={}", printable(name), value_text(value));
  };
  for (const char* name : kTellingAttributes) {
    if (const auto found = attributes.find(name); found != attributes.end()) add(name, *found);
  }
  if (count > 0) return out;
  for (const auto& [name, value] : attributes.items()) add(name, value);
  return out;
}

std::string span_duration_text(double milliseconds) {
  constexpr double kSecond = 1000;
  if (milliseconds >= kSecond) return fmt::format("{:.3f} s ", milliseconds / kSecond);
  return fmt::format("{:.3f} ms", milliseconds);
}

std::string span_text(const ordered_json& span) {
  const auto text = [&](const char* key) {
    return span.contains(key) ? printable(span[key].get<std::string>()) : std::string();
  };
  std::string out = fmt::format("  {} {:>12}  {}  {}  {}", text("start"),
                                span_duration_text(span["durationMs"].get<double>()),
                                text("service"), text("name"), text("status"));
  if (const std::string why = text("statusMessage"); !why.empty()) {
    out += fmt::format(" ({})", cut(why, kMostColumns));
  }
  if (span.contains("attributes")) out += " " + attributes_text(span["attributes"]);
  if (span.contains("events")) {
    out += "  events";
    for (const ordered_json& event : span["events"]) out += " " + value_text(event);
  }
  return out + fmt::format("  trace {}\n", text("traceId"));
}

}  // namespace

std::string spans_text(const ordered_json& spans) {
  std::string out;
  for (const ordered_json& span : spans) out += span_text(span);
  return out;
}

}  // namespace hitwatch::cli
