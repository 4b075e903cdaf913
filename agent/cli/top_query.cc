#include "agent/cli/top_query.h"

#include <fmt/core.h>

#include <array>

#include "agent/net/percent.h"

namespace hitwatch::cli {
namespace {

constexpr std::array<std::string_view, 10> kSortWords = {
    "tenant", "type", "lookups", "miss_ratio", "misses", "hits", "errors", "p50", "p95", "p99"};

SortKey moved(SortKey key, std::size_t steps) {
  return static_cast<SortKey>((static_cast<std::size_t>(key) + steps) % kSortWords.size());
}

}  // namespace

std::string_view sort_word(SortKey key) { return kSortWords[static_cast<std::size_t>(key)]; }

std::optional<SortKey> parse_sort_key(std::string_view word) {
  for (std::size_t i = 0; i < kSortWords.size(); ++i) {
    if (kSortWords[i] == word) return static_cast<SortKey>(i);
  }
  return std::nullopt;
}

std::vector<std::string> sort_words() { return {kSortWords.begin(), kSortWords.end()}; }

SortKey next_sort_key(SortKey key) { return moved(key, 1); }
SortKey previous_sort_key(SortKey key) { return moved(key, kSortWords.size() - 1); }

bool ascending(const TopQuery& query) {
  const bool is_name = query.sort == SortKey::kTenant || query.sort == SortKey::kType;
  return is_name != query.reverse;
}

std::string request_target(const TopQuery& query) {
  std::string target =
      fmt::format("/api/v1/tenants?sort={}&order={}&window={}&limit={}", sort_word(query.sort),
                  ascending(query) ? "asc" : "desc",
                  kWindowWords[static_cast<std::size_t>(query.window)], query.limit);
  if (query.min_lookups > 0) target += fmt::format("&min_lookups={}", query.min_lookups);
  if (!query.tenant.empty()) target += "&tenant=" + net::percent_encode(query.tenant);
  if (!query.type.empty()) target += "&type=" + net::percent_encode(query.type);
  if (!query.layer.empty()) target += "&layer=" + net::percent_encode(query.layer);
  if (!query.source.empty()) target += "&source=" + net::percent_encode(query.source);
  return target;
}

}  // namespace hitwatch::cli
