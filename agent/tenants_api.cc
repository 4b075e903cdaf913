#include "agent/tenants_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "agent/config/config.h"
#include "agent/json_response.h"
#include "collectors/keyspace/estimate.h"

namespace hitwatch {
namespace {

using lookups::RecentQuery;
using lookups::SortKey;
using nlohmann::json;
// What is wrong with a request, as a sentence.
using Checked = std::expected<void, std::string>;

constexpr std::size_t kMostRows = 10'000;
constexpr std::array<std::string_view, lookups::kWindows.size()> kWindowNames{"1m", "5m", "15m"};

constexpr auto kSortKeys = std::to_array<std::pair<std::string_view, SortKey>>({
    {"misses", SortKey::kMisses},
    {"miss_ratio", SortKey::kMissRatio},
    {"hits", SortKey::kHits},
    {"lookups", SortKey::kLookups},
    {"errors", SortKey::kErrors},
    {"p50", SortKey::kP50},
    {"p95", SortKey::kP95},
    {"p99", SortKey::kP99},
    {"tenant", SortKey::kTenant},
    {"type", SortKey::kType},
});

template <typename Words>
std::string one_of(const Words& words) {
  return fmt::format("one of {}", fmt::join(words, ", "));
}

std::vector<std::string_view> sort_words() {
  std::vector<std::string_view> words;
  for (const auto& [word, key] : kSortKeys) words.push_back(word);
  return words;
}

std::vector<std::string_view> source_words() {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < lookups::kSources; ++i) {
    words.push_back(lookups::source_word(static_cast<lookups::Source>(i)));
  }
  return words;
}

template <typename Number>
std::optional<Number> parse_number(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Checked read_sort(const std::string& value, RecentQuery& query) {
  const auto found =
      std::ranges::find(kSortKeys, value, &std::pair<std::string_view, SortKey>::first);
  if (found == kSortKeys.end()) return std::unexpected(one_of(sort_words()));
  query.sort = found->second;
  return {};
}

Checked read_order(const std::string& value, RecentQuery& query) {
  if (value != "asc" && value != "desc") return std::unexpected("asc or desc");
  query.ascending = value == "asc";
  return {};
}

Checked read_window(const std::string& value, RecentQuery& query) {
  const auto found = std::ranges::find(kWindowNames, value);
  if (found == kWindowNames.end()) return std::unexpected(one_of(kWindowNames));
  query.window = static_cast<std::size_t>(found - kWindowNames.begin());
  return {};
}

std::function<bool(std::string_view)> matching(const std::string& pattern) {
  return [pattern](std::string_view text) { return config::matches_pattern(pattern, text); };
}

Checked read_tenant(const std::string& value, RecentQuery& query) {
  query.tenant = matching(value);
  return {};
}

Checked read_type(const std::string& value, RecentQuery& query) {
  query.type = matching(value);
  return {};
}

Checked read_layer(const std::string& value, RecentQuery& query) {
  query.layer = value;
  return {};
}

Checked read_source(const std::string& value, RecentQuery& query) {
  const std::vector<std::string_view> words = source_words();
  const auto found = std::ranges::find(words, value);
  if (found == words.end()) return std::unexpected(one_of(words));
  query.source = static_cast<lookups::Source>(found - words.begin());
  return {};
}

Checked read_min_lookups(const std::string& value, RecentQuery& query) {
  const auto number = parse_number<double>(value);
  if (!number || !(*number >= 0)) return std::unexpected("a number, 0 or more");
  query.min_lookups = *number;
  return {};
}

Checked read_limit(const std::string& value, RecentQuery& query) {
  const auto number = parse_number<std::size_t>(value);
  if (!number || *number < 1 || *number > kMostRows) {
    return std::unexpected(fmt::format("a whole number from 1 to {}", kMostRows));
  }
  query.limit = *number;
  return {};
}

// In this order: `order` comes after `sort`, whose default it overrides.
constexpr auto kParameters =
    std::to_array<std::pair<std::string_view, Checked (*)(const std::string&, RecentQuery&)>>({
        {"sort", read_sort},
        {"order", read_order},
        {"window", read_window},
        {"tenant", read_tenant},
        {"type", read_type},
        {"layer", read_layer},
        {"source", read_source},
        {"min_lookups", read_min_lookups},
        {"limit", read_limit},
    });

std::expected<RecentQuery, std::string> read_query(const web::Request& request) {
  std::vector<std::string_view> known;
  for (const auto& [name, read] : kParameters) known.push_back(name);
  for (const web::Header& parameter : request.query) {
    if (std::ranges::find(known, parameter.name) == known.end()) {
      return std::unexpected(
          fmt::format("unknown parameter '{}': {}", parameter.name, one_of(known)));
    }
  }
  RecentQuery query;
  for (const auto& [name, read] : kParameters) {
    const std::string* value = request.parameter(name);
    if (value == nullptr || value->empty()) continue;
    if (const Checked result = read(*value, query); !result) {
      return std::unexpected(fmt::format("{} must be {}", name, result.error()));
    }
    if (name == "sort") {
      query.ascending = query.sort == SortKey::kTenant || query.sort == SortKey::kType;
    }
  }
  return query;
}

json number_or_null(double number) { return std::isfinite(number) ? json(number) : json(); }

// Counts are whole numbers, unless sampled ones are shares of one.
json count(double number) {
  constexpr double kWhole = 9007199254740992;  // 2^53
  if (number >= kWhole || std::trunc(number) != number) return number;
  return static_cast<std::int64_t>(number);
}

json window_json(const lookups::WindowTotals& totals) {
  json window{{"hits", count(totals.hits)},
              {"misses", count(totals.misses)},
              {"errors", count(totals.errors)},
              {"lookups", count(totals.lookups())},
              {"hit_ratio", nullptr},
              {"hit_ratio_low", nullptr},
              {"hit_ratio_high", nullptr},
              {"miss_ratio", nullptr},
              {"timed", count(totals.timed)},
              {"p50_seconds", number_or_null(totals.p50)},
              {"p95_seconds", number_or_null(totals.p95)},
              {"p99_seconds", number_or_null(totals.p99)}};
  if (totals.lookups() > 0) {
    const keyspace::Interval interval = keyspace::wilson_interval(totals.hits, totals.lookups());
    window["hit_ratio"] = totals.hits / totals.lookups();
    window["hit_ratio_low"] = interval.low;
    window["hit_ratio_high"] = interval.high;
    window["miss_ratio"] = totals.misses / totals.lookups();
  }
  return window;
}

json row_json(const lookups::RecentRow& row) {
  json windows = json::object();
  for (std::size_t w = 0; w < kWindowNames.size(); ++w) {
    windows[std::string(kWindowNames[w])] = window_json(row.windows[w]);
  }
  return {{"tenant", row.tenant},
          {"type", row.type},
          {"layer", row.layer},
          {"source", lookups::source_word(row.source)},
          {"windows", std::move(windows)}};
}

}  // namespace

web::Response answer_tenants(const web::Request& request, const lookups::Store& store,
                             lookups::Clock::time_point now) {
  const auto query = read_query(request);
  if (!query) {
    return json_response(
        400, {{"status", "error"}, {"errorType", "bad_data"}, {"error", query.error()}});
  }
  const lookups::RecentRows recent = store.recent(*query, now);
  json windows = json::object();
  for (std::size_t w = 0; w < kWindowNames.size(); ++w) {
    windows[std::string(kWindowNames[w])] = {{"covered_seconds", recent.covered[w].count()}};
  }
  json rows = json::array();
  for (const lookups::RecentRow& row : recent.rows) rows.push_back(row_json(row));
  return json_response(200, {{"status", "success"},
                             {"data",
                              {{"windows", std::move(windows)},
                               {"total_rows", recent.total},
                               {"rows", std::move(rows)}}}});
}

}  // namespace hitwatch
