#include "agent/config/thresholds_section.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "agent/config/schema.h"
#include "agent/net/duration.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using yaml::Entry;
using yaml::Mapping;
using yaml::Node;

constexpr std::size_t kMaxThresholds = 100'000;
constexpr std::string_view kDefault = "default";

std::optional<double> parse_plain(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// The section, or what it says of one tenant or instance.
class Thresholds {
 public:
  Thresholds(yaml::Reader& reader, std::vector<Threshold>& out) : reader_(reader), out_(out) {}

  // `hit_ratio: {default: 80%, session: 95%}` for each threshold; `subject` says whose they are.
  void read(const Entry& entry, const Threshold& subject) {
    if (!metrics::is_label_name(entry.key->text)) {
      reader_.fault(*entry.key, entry.value.path, "a threshold is named like hit_ratio");
      return;
    }
    if (entry.value.node->kind != Node::Kind::kMapping) {
      reader_.fault(*entry.value.node, entry.value.path,
                    "must say for which type: {default: 80%, session: 95%}");
      return;
    }
    Mapping types(reader_, *entry.value.node, entry.value.path);
    for (const Entry& type : types.read_entries()) {
      Threshold threshold = subject;
      threshold.name = entry.key->text;
      if (type.key->text != kDefault) threshold.type = type.key->text;
      add(type, std::move(threshold));
    }
    types.finish();
  }

  // `tenants: {acme: {hit_ratio: …}}`
  void read_subjects(Mapping& section, std::string_view key, std::string Threshold::* whose) {
    const auto value = section.take(key);
    if (!value) return;
    Mapping subjects(reader_, *value->node, value->path);
    for (const Entry& subject : subjects.read_entries()) {
      Threshold threshold;
      threshold.*whose = subject.key->text;
      if (subject.key->text.empty()) {
        reader_.fault(*subject.key, subject.value.path, "must have a name");
        continue;
      }
      Mapping thresholds(reader_, *subject.value.node, subject.value.path);
      for (const Entry& entry : thresholds.read_entries()) read(entry, threshold);
      thresholds.finish();
    }
    subjects.finish();
  }

 private:
  void add(const Entry& entry, Threshold threshold) {
    const auto text = reader_.text(*entry.value.node, entry.value.path);
    if (!text) return;
    const auto number = parse_threshold(*text);
    if (!number) {
      reader_.fault(
          *entry.value.node, entry.value.path,
          fmt::format("{} is no percentage (80%), duration (10ms), size (64MiB) or number",
                      yaml::shown(*text)));
      return;
    }
    if (out_.size() == kMaxThresholds) {
      reader_.fault(*entry.value.node, entry.value.path, "more than 100000 thresholds");
    }
    if (out_.size() >= kMaxThresholds) return;
    threshold.value = *number;
    out_.push_back(std::move(threshold));
  }

  yaml::Reader& reader_;
  std::vector<Threshold>& out_;
};

}  // namespace

std::optional<double> parse_threshold(std::string_view text) {
  if (text.ends_with('%')) {
    const auto number = parse_plain(text.substr(0, text.size() - 1));
    return number ? std::optional(*number / 100) : std::nullopt;
  }
  if (const auto number = parse_plain(text)) return number;
  if (const auto duration = net::parse_duration(text)) {
    return std::chrono::duration<double>(*duration).count();
  }
  if (const auto size = net::parse_size(text)) return static_cast<double>(*size);
  return std::nullopt;
}

void read_thresholds(Mapping& root, std::vector<Threshold>& out) {
  const auto value = root.take("thresholds");
  if (!value) return;
  Thresholds thresholds(root.reader(), out);
  Mapping section(root.reader(), *value->node, value->path, kThresholdsSchema);
  thresholds.read_subjects(section, "tenants", &Threshold::tenant);
  thresholds.read_subjects(section, "instances", &Threshold::instance);
  for (const Entry& entry : section.read_entries()) {
    if (entry.key->text != "tenants" && entry.key->text != "instances") thresholds.read(entry, {});
  }
  section.finish();
}

}  // namespace hitwatch::config
