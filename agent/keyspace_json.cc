#include "agent/keyspace_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/metrics/labels.h"

namespace hitwatch {
namespace {

using keyspace::Estimate;
using nlohmann::json;

// As JSON wants it: a byte that is not UTF-8 becomes U+FFFD.
std::string utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = metrics::utf8_length(text);
    out += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

json estimate_json(const std::optional<Estimate>& estimate) {
  if (!estimate) return nullptr;
  return {{"value", estimate->value}, {"low", estimate->low}, {"high", estimate->high}};
}

json optional_json(const std::optional<std::uint64_t>& number) {
  return number ? json(*number) : json(nullptr);
}

// RFC 3339 in UTC, to the millisecond.
std::string time_text(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const std::time_t calendar = seconds.count();
  std::tm parts{};
  gmtime_r(&calendar, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     (since - seconds).count());
}

json totals_json(const keyspace::Report& report) {
  return {{"keys", report.keys},
          {"keys_with_ttl", report.keys_with_ttl},
          {"sampled", report.sampled},
          {"vanished", report.vanished},
          {"unreadable", report.unreadable},
          {"ttls_read", report.ttls_read},
          {"ttl_misses", report.ttl_misses},
          {"commands", report.commands},
          {"server_seconds", report.server_seconds},
          {"memory_usage_bytes", estimate_json(report.memory_usage_bytes)},
          {"used_memory_dataset", optional_json(report.used_memory_dataset)}};
}

json database_json(const keyspace::Database& database) {
  return {{"index", database.index},
          {"keys", database.keys},
          {"expires", database.expires},
          {"sampled", database.sampled},
          {"method", keyspace::method_word(database.method)},
          {"unclassified", estimate_json(database.unclassified)}};
}

json group_json(const keyspace::Group& group) {
  return {{"database", group.database},
          {"type", utf8(group.type)},
          {"tenant", utf8(group.tenant)},
          {"sampled", group.sampled},
          {"keys", estimate_json(group.keys)},
          {"memory_usage_bytes", estimate_json(group.memory_usage_bytes)},
          {"size_bytes", estimate_json(group.size_bytes)},
          {"keys_without_ttl", estimate_json(group.keys_without_ttl)},
          {"mean_ttl_seconds", estimate_json(group.mean_ttl_seconds)}};
}

json tenantless_json(const keyspace::TenantlessType& type) {
  return {
      {"database", type.database}, {"type", utf8(type.type)}, {"keys", estimate_json(type.keys)}};
}

json ttls_json(const keyspace::TypeTtls& ttls) {
  return {{"database", ttls.database},
          {"type", utf8(ttls.type)},
          {"counts", ttls.counts},
          {"sum_seconds", ttls.sum_seconds}};
}

json duplicate_json(const keyspace::ConventionDuplicate& duplicate, bool show_keys) {
  json spellings = json::array();
  for (const auto& [text, keys] : duplicate.spellings) {
    spellings.push_back({{"text", show_keys ? utf8(text) : keyspace::redacted_segment(text)},
                         {"keys", estimate_json(keys)}});
  }
  return {{"database", duplicate.database}, {"spellings", std::move(spellings)}};
}

template <typename Items, typename ToJson>
json list_json(const Items& items, ToJson to_json) {
  json list = json::array();
  for (const auto& item : items) list.push_back(to_json(item));
  return list;
}

json examples_json(const std::vector<keyspace::KeyExample>& examples, bool show_keys) {
  return list_json(examples, [show_keys](const keyspace::KeyExample& example) -> json {
    return {{"database", example.database},
            {"name", show_keys ? utf8(example.name) : keyspace::redacted_key(example.name)},
            {"type", utf8(example.type)},
            {"tenant", utf8(example.tenant)},
            {"bytes", example.bytes == 0 ? json(nullptr) : json(example.bytes)}};
  });
}

}  // namespace

json keyspace_json(const keyspace::Report& report, const KeyspaceJsonOptions& options) {
  const auto examples = [&](const std::vector<keyspace::KeyExample>& list) {
    return examples_json(list, options.show_keys);
  };
  const auto duplicate = [&](const keyspace::ConventionDuplicate& one) {
    return duplicate_json(one, options.show_keys);
  };
  const std::span groups =
      std::span(report.groups).first(std::min(report.groups.size(), options.most_groups));
  return {{"began", time_text(report.began)},
          {"took_seconds", report.took.count()},
          {"server", utf8(report.server)},
          {"run_id", utf8(report.run_id)},
          {"role", utf8(report.role)},
          {"full", report.full},
          {"complete", report.complete},
          {"notes", list_json(report.notes, utf8)},
          {"totals", totals_json(report)},
          {"calibration", report.calibration},
          {"databases", list_json(report.databases, database_json)},
          {"total_groups", report.groups.size()},
          {"groups", list_json(groups, group_json)},
          {"unclassified", estimate_json(keyspace::unclassified_keys(report))},
          {"without_tenant", list_json(report.without_tenant, tenantless_json)},
          {"duplicates", list_json(report.duplicates, duplicate)},
          {"biggest", examples(report.biggest)},
          {"without_ttl_examples", examples(report.without_ttl_examples)},
          {"unclassified_examples", examples(report.unclassified_examples)},
          {"tenantless_examples", examples(report.tenantless_examples)},
          {"ttl_bounds_seconds", keyspace::ttl_bounds()},
          {"ttls", list_json(report.ttls, ttls_json)}};
}

}  // namespace hitwatch
