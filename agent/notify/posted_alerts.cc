#include "agent/notify/posted_alerts.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace hitwatch::notify {
namespace {

std::size_t bytes_of_labels(const metrics::Labels& labels) {
  std::size_t bytes = 0;
  for (const metrics::Label& label : labels) bytes += label.name.size() + label.value.size();
  return bytes;
}

// What is wrong with labels or annotations.
std::optional<std::string> fault_of_labels(const metrics::Labels& labels, std::string_view what,
                                           std::size_t most_bytes) {
  if (labels.size() > PostedAlerts::kMostLabels) {
    return fmt::format("it has {} {}, more than {}", labels.size(), what,
                       PostedAlerts::kMostLabels);
  }
  if (const std::size_t bytes = bytes_of_labels(labels); bytes > most_bytes) {
    return fmt::format("its {} take {} bytes, more than {}", what, bytes, most_bytes);
  }
  if (std::ranges::any_of(labels, &std::string::empty, &metrics::Label::name)) {
    return fmt::format("one of its {} has no name", what);
  }
  return std::nullopt;
}

std::optional<std::string> fault_of_alert(const Alert& alert) {
  if (alert.labels.empty()) return "it has no label with a value";
  if (auto fault = fault_of_labels(alert.labels, "labels", PostedAlerts::kMostLabelBytes)) {
    return fault;
  }
  if (auto fault =
          fault_of_labels(alert.annotations, "annotations", PostedAlerts::kMostAnnotationBytes)) {
    return fault;
  }
  if (*alert.ends_at < alert.starts_at) return "it ends before it begins";
  return std::nullopt;
}

// `http://…` or the like, or a path, without blanks.
bool is_posted_url(std::string_view text) {
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; };
  if (text.empty() || !std::ranges::all_of(text, is_plain)) return text.empty();
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto of_scheme = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  const std::string_view scheme = text.substr(0, text.find(':'));
  return text.starts_with('/') || (is_letter(text.front()) && scheme.size() < text.size() &&
                                   std::ranges::all_of(scheme, of_scheme));
}

Alert read_posted_alert(BodyReader& reader, std::chrono::milliseconds resolve_timeout,
                        std::int64_t now) {
  Alert alert;
  reader.require("labels");
  alert.labels = reader.labels("labels");
  normalize(alert.labels);
  alert.annotations = reader.labels("annotations");
  alert.generator_url = reader.text("generatorURL", PostedAlerts::kMostUrlBytes);
  if (!is_posted_url(alert.generator_url)) {
    reader.fail(BodyFault::kWrongKind, "\"generatorURL\" must be a URL");
  }
  const auto starts_at = reader.time("startsAt");
  const auto ends_at = reader.time("endsAt");
  alert.starts_at = starts_at.value_or(ends_at.value_or(now));
  alert.ends_at = ends_at.value_or(now + resolve_timeout.count());
  alert.updated_at = now;
  return alert;
}

}  // namespace

std::expected<PostedAlerts, BodyFault> read_posted_alerts(std::string_view body,
                                                          std::chrono::milliseconds resolve_timeout,
                                                          std::int64_t now) {
  const auto json = parse_body(body);
  if (!json) return std::unexpected(json.error());
  if (json->is_null()) return PostedAlerts{};
  if (!json->is_array()) {
    return std::unexpected(BodyFault{BodyFault::kNotJson, "the body must be an array of alerts"});
  }
  if (json->size() > PostedAlerts::kMostAlerts) {
    return std::unexpected(
        BodyFault{BodyFault::kTooMany, fmt::format("the body has {} alerts, more than {}",
                                                   json->size(), PostedAlerts::kMostAlerts)});
  }
  PostedAlerts posted;
  for (std::size_t i = 0; i < json->size(); ++i) {
    const std::string where = fmt::format("alert {}: ", i);
    BodyReader reader((*json)[i], where);
    Alert alert = read_posted_alert(reader, resolve_timeout, now);
    if (reader.fault()) return std::unexpected(*reader.fault());
    if (const auto fault = fault_of_alert(alert)) {
      posted.refused.push_back(where + *fault);
    } else {
      posted.alerts.push_back(std::move(alert));
    }
  }
  return posted;
}

}  // namespace hitwatch::notify
