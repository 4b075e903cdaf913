#include "agent/cli/exporter_key_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "agent/config/key_selector.h"
#include "agent/net/percent.h"

namespace hitwatch::cli {
namespace {

using keyspace::KeySelector;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

// "db" and the digits before a `=`, or nothing.
std::string_view database_of(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == entry.npos) return {};
  const std::string_view name = trimmed(entry.substr(0, equals));
  const std::string_view index = name.starts_with("db") ? name.substr(2) : name;
  const bool is_index =
      !index.empty() && std::ranges::all_of(index, [](char c) { return c >= '0' && c <= '9'; });
  return is_index ? entry.substr(0, equals) : std::string_view();
}

std::expected<KeySelector, std::string> parse_entry(std::string_view entry) {
  const std::string_view database = database_of(entry);
  std::string_view encoded = entry;
  if (!database.empty()) encoded = trimmed(entry.substr(database.size() + 1));
  std::string spaced(encoded);
  std::ranges::replace(spaced, '+', ' ');
  const auto name = net::percent_decode(spaced);
  if (!name) return std::unexpected("has a broken escape: a '%' stands before two hex digits");
  std::string_view index = database.empty() ? "0" : trimmed(database);
  if (index.starts_with("db")) index.remove_prefix(2);
  return config::parse_key_selector(fmt::format("db{}={}", index, *name));
}

}  // namespace

std::expected<std::vector<KeySelector>, std::string> parse_key_list(std::string_view text) {
  std::vector<KeySelector> selectors;
  std::size_t number = 0;
  for (const auto part : std::views::split(text, ',')) {
    ++number;
    const std::string_view entry = trimmed(std::string_view(part));
    if (entry.empty()) continue;
    auto selector = parse_entry(entry);
    if (!selector) {
      return std::unexpected(fmt::format("entry {} {}", number, selector.error()));
    }
    if (selectors.size() == config::kMaxSelectors) {
      return std::unexpected(fmt::format("more than {} entries", config::kMaxSelectors));
    }
    selectors.push_back(*std::move(selector));
  }
  return selectors;
}

std::expected<std::vector<std::string>, std::string> parse_pattern_list(std::string_view text) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && text.substr(i + 1).starts_with('"')) {
      fields.back() += c;
      ++i;
    } else if (c == '"' && (quoted || trimmed(fields.back()).empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) return std::unexpected("has a quote that does not end");
  for (std::string& field : fields) field = std::string(trimmed(field));
  std::erase(fields, "");
  if (fields.size() > config::kMaxSelectors) {
    return std::unexpected(fmt::format("more than {} patterns", config::kMaxSelectors));
  }
  return fields;
}

}  // namespace hitwatch::cli
