#include "agent/config/otlp_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "agent/config/schema.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using apps::OtlpField;
using apps::OtlpMeaning;
using yaml::Mapping;
using yaml::Node;
using yaml::Reader;
using yaml::Value;

constexpr std::size_t kMaxOtlpMeanings = 1000;
constexpr std::size_t kMaxOtlpWords = 64;       // of a list
constexpr std::size_t kMaxOtlpWordBytes = 255;  // what OpenTelemetry allows for a metric's name
constexpr std::size_t kMaxOtlpTextBytes = 128;  // of which the metrics show no more

constexpr auto kOtlpKinds = std::to_array<std::pair<std::string_view, OtlpMeaning::Kind>>(
    {{"hit", OtlpMeaning::Kind::kHit},
     {"miss", OtlpMeaning::Kind::kMiss},
     {"error", OtlpMeaning::Kind::kError},
     {"latency", OtlpMeaning::Kind::kLatency},
     {"result", OtlpMeaning::Kind::kResult}});

constexpr auto kOtlpUnits = std::to_array<std::pair<std::string_view, double>>(
    {{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}});

constexpr auto kOtlpFields = std::to_array<std::pair<std::string_view, OtlpField OtlpMeaning::*>>(
    {{"tenant", &OtlpMeaning::tenant},
     {"type", &OtlpMeaning::type},
     {"operation", &OtlpMeaning::operation},
     {"layer", &OtlpMeaning::layer},
     {"key", &OtlpMeaning::key}});

constexpr auto kOtlpResults =
    std::to_array<std::pair<std::string_view, std::vector<std::string> OtlpMeaning::*>>(
        {{"hit", &OtlpMeaning::hit},
         {"miss", &OtlpMeaning::miss},
         {"error", &OtlpMeaning::error},
         {"ignore", &OtlpMeaning::ignore}});

// A word, or a list of some.
void read_words(Reader& reader, const Value& value, std::vector<std::string>& out) {
  std::vector<Value> items{value};
  if (value.node->kind == Node::Kind::kSequence) {
    items.clear();
    for (const Node& item : value.node->items) {
      items.push_back({&item, fmt::format("{}[{}]", value.path, items.size())});
    }
    if (items.empty()) reader.fault(*value.node, value.path, "is an empty list");
  }
  if (items.size() > kMaxOtlpWords) {
    reader.fault(*value.node, value.path, fmt::format("more than {} entries", kMaxOtlpWords));
    return;
  }
  out.clear();
  for (const Value& item : items) {
    auto text = reader.text(*item.node, item.path);
    if (!text) continue;
    if (text->empty() || text->size() > kMaxOtlpWordBytes) {
      reader.fault(
          *item.node, item.path,
          text->empty() ? "is empty" : fmt::format("longer than {} bytes", kMaxOtlpWordBytes));
      continue;
    }
    out.push_back(*std::move(text));
  }
}

// The name of an attribute, a list of names, or `{attribute: …, text: …}`.
void read_field(Mapping& entry, std::string_view key, OtlpField& out) {
  const auto value = entry.take(key);
  if (!value) return;
  if (value->node->kind != Node::Kind::kMapping) {
    return read_words(entry.reader(), *value, out.attributes);
  }
  out.attributes.clear();
  Mapping mapping(entry.reader(), *value->node, value->path, kOtlpFieldSchema);
  if (const auto attribute = mapping.take("attribute")) {
    read_words(entry.reader(), *attribute, out.attributes);
  }
  mapping.read("text", out.text);
  if (out.text.size() > kMaxOtlpTextBytes) {
    const auto text = *mapping.take("text");
    entry.reader().fault(*text.node, text.path,
                         fmt::format("longer than {} bytes", kMaxOtlpTextBytes));
  }
  mapping.finish();
}

// `result_attribute` and what its values mean.
void read_results(Mapping& entry, OtlpMeaning& out) {
  if (out.kind != OtlpMeaning::Kind::kResult) {
    constexpr std::string_view kReason = "only with 'as: result'";
    entry.refuse("result_attribute", kReason);
    for (const auto& [key, words] : kOtlpResults) entry.refuse(key, kReason);
    return;
  }
  if (const auto attribute = entry.take("result_attribute")) {
    read_words(entry.reader(), *attribute, out.result.attributes);
  }
  std::map<std::string, std::string_view> known;
  for (const auto& [key, words] : kOtlpResults) {
    const auto value = entry.take(key);
    if (value) read_words(entry.reader(), *value, out.*words);
    for (const std::string& word : out.*words) {
      const auto [same, is_new] = known.emplace(word, key);
      if (is_new) continue;
      // A default gives way to what the file says.
      const auto other = entry.take(same->second);
      const Value& at = value ? *value : *other;
      entry.reader().fault(
          *at.node, at.path,
          fmt::format("{} is both {} and {}", yaml::shown(word), same->second, key));
    }
  }
}

void read_otlp_meaning(Reader& reader, const Value& item, std::map<std::string, std::string>& known,
                       apps::OtlpOptions& out) {
  Mapping entry(reader, *item.node, item.path, kOtlpMeaningSchema);
  if (item.node->kind != Node::Kind::kMapping) return;
  OtlpMeaning meaning;
  const auto metric = entry.take("metric");
  if (!metric) {
    reader.fault(*item.node, item.path, "has no metric: give the name of one");
  } else if (auto name = reader.text(*metric->node, metric->path)) {
    if (name->empty() || name->size() > kMaxOtlpWordBytes) {
      reader.fault(
          *metric->node, metric->path,
          fmt::format("must be the name of a metric, of at most {} bytes", kMaxOtlpWordBytes));
    }
    const auto [same, is_new] = known.emplace(*name, metric->path);
    if (!is_new) {
      reader.fault(*metric->node, metric->path, fmt::format("the same as {}", same->second));
    }
    meaning.metric = *std::move(name);
  }
  if (!entry.has("as")) {
    reader.fault(*item.node, item.path,
                 "has no 'as': give one of hit, miss, error, latency, result");
  }
  entry.read_choice<OtlpMeaning::Kind>("as", kOtlpKinds, meaning.kind);
  for (const auto& [key, field] : kOtlpFields) read_field(entry, key, meaning.*field);
  read_results(entry, meaning);
  // A histogram's values are latencies, whatever else it tells of.
  entry.read_choice<double>("unit", kOtlpUnits, meaning.unit);
  entry.finish();
  out.mapping.push_back(std::move(meaning));
}

}  // namespace

void read_otlp_mapping(Mapping& otlp, apps::OtlpOptions& out) {
  const auto items = otlp.read_items("mapping");
  if (items.size() > kMaxOtlpMeanings) {
    const auto list = *otlp.take("mapping");
    otlp.reader().fault(*list.node, list.path,
                        fmt::format("more than {} entries", kMaxOtlpMeanings));
    return;
  }
  std::map<std::string, std::string> known;
  for (const Value& item : items) read_otlp_meaning(otlp.reader(), item, known, out);
}

}  // namespace hitwatch::config
