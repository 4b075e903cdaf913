#include "agent/cli/keys_groups.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "agent/cli/keys_figures.h"
#include "agent/cli/terminal_text.h"
#include "agent/cli/text_table.h"

namespace hitwatch::cli {
namespace {

using keyspace::Estimate;
using keyspace::Group;
using keyspace::Report;

constexpr std::array<std::pair<std::string_view, KeysSort>, 5> kSorts = {
    {{"memory", KeysSort::kMemory},
     {"keys", KeysSort::kKeys},
     {"without_ttl", KeysSort::kWithoutTtl},
     {"tenant", KeysSort::kTenant},
     {"type", KeysSort::kType}}};

// Keys of one type, or of one type and tenant.
struct Row {
  int database = 0;
  std::string type;
  std::string tenant;
  std::size_t tenants = 1;
  Estimate keys;
  std::optional<Estimate> size;
  std::optional<Estimate> without_ttl;
  std::optional<Estimate> ttl;
};

Row row_of(const Group& group) {
  return {.database = group.database,
          .type = group.type,
          .tenant = group.tenant,
          .tenants = 1,
          .keys = group.keys,
          .size = shown_size(group),
          .without_ttl = group.keys_without_ttl,
          .ttl = group.mean_ttl_seconds};
}

std::vector<Row> rows_of(const Report& report) {
  std::vector<Row> rows;
  for (const Group& group : report.groups) rows.push_back(row_of(group));
  return rows;
}

double known(const std::optional<Estimate>& estimate) { return estimate ? estimate->value : -1; }

// Keys decide where the first figure does not.
std::pair<double, double> figures(const Row& row, KeysSort sort) {
  if (sort == KeysSort::kMemory) return {known(row.size), row.keys.value};
  if (sort == KeysSort::kWithoutTtl) return {known(row.without_ttl), row.keys.value};
  return {row.keys.value, known(row.size)};
}

auto names(const Row& row) { return std::tie(row.type, row.tenant, row.database); }

bool comes_before(const Row& one, const Row& two, KeysSort sort) {
  if (sort == KeysSort::kTenant) {
    return std::tie(one.tenant, one.type, one.database) <
           std::tie(two.tenant, two.type, two.database);
  }
  if (sort == KeysSort::kType) return names(one) < names(two);
  const auto figures_of_one = figures(one, sort);
  const auto figures_of_two = figures(two, sort);
  if (figures_of_one != figures_of_two) return figures_of_one > figures_of_two;
  return names(one) < names(two);
}

void sort_rows(std::vector<Row>& rows, KeysSort sort) {
  std::ranges::sort(
      rows, [sort](const Row& one, const Row& two) { return comes_before(one, two, sort); });
}

std::optional<Estimate> sum_known(const std::vector<std::optional<Estimate>>& parts) {
  std::vector<Estimate> estimates;
  for (const auto& part : parts) {
    if (part) estimates.push_back(*part);
  }
  if (estimates.empty()) return std::nullopt;
  return keyspace::sum(estimates);
}

// What stands in the last column of groups that are all of one database: nothing.
bool has_several_databases(const std::vector<Row>& rows) {
  return std::ranges::any_of(rows,
                             [&](const Row& row) { return row.database != rows[0].database; });
}

std::string name_text(const std::string& name) { return name.empty() ? "-" : printable(name); }

// "-" only stands in a column where other rows know something.
std::string or_nothing(std::string text, bool is_known) { return is_known ? text : std::string(); }

struct Known {
  bool size;
  bool without_ttl;
  bool ttl;
};

Known known_of(std::span<const Row> rows) {
  return {std::ranges::any_of(rows, [](const Row& row) { return row.size.has_value(); }),
          std::ranges::any_of(rows, [](const Row& row) { return row.without_ttl.has_value(); }),
          std::ranges::any_of(rows, [](const Row& row) { return row.ttl.has_value(); })};
}

double total_size(std::span<const Row> rows) {
  double total = 0;
  for (const Row& row : rows) total += std::max(0.0, known(row.size));
  return total;
}

// The columns and what they say of a row, in the same order.
const std::array kColumns = {
    TextColumn{"DB", true, 3},        TextColumn{"TYPE", true, 0},   TextColumn{"TENANT", true, 0},
    TextColumn{"TENANTS", false, 7},  TextColumn{"KEYS", false, 0},  TextColumn{"±", false, 4},
    TextColumn{"MEMORY", false, 1},   TextColumn{"±", false, 5},     TextColumn{"SHARE", false, 6},
    TextColumn{"MEAN TTL", false, 8}, TextColumn{"NO TTL", false, 2}};

TextRow cells(const Row& row, const Known& known, double all_bytes, bool with_database,
              bool is_type) {
  return {with_database ? fmt::format("{}", row.database) : "",
          name_text(row.type),
          is_type ? "" : name_text(row.tenant),
          is_type ? whole_number(static_cast<double>(row.tenants)) : "",
          estimated_count(row.keys),
          error_text(row.keys),
          or_nothing(estimated_bytes(row.size), known.size),
          error_text(row.size),
          row.size ? share_text(row.size->value, all_bytes) : "",
          or_nothing(estimated_duration(row.ttl), known.ttl && !is_type),
          or_nothing(doubted_count(row.without_ttl), known.without_ttl)};
}

std::string rest_text(std::span<const Row> rest) {
  if (rest.empty()) return "";
  double keys = 0;
  for (const Row& row : rest) keys += row.keys.value;
  std::string text = fmt::format("and {} more: {}", whole_number(static_cast<double>(rest.size())),
                                 count_of(keys, "key"));
  if (known_of(rest).size) text += ", " + bytes_text(total_size(rest));
  return text + "\n";
}

// Sorted rows, as many as fit into the limit, and what the others come to.
std::string rows_text(const std::vector<Row>& rows, const GroupTable& table, bool is_type) {
  const std::size_t shown = std::min(rows.size(), table.limit);
  const Known known = known_of(rows);
  const double all_bytes = total_size(rows);
  const bool with_database = has_several_databases(rows);
  std::vector<TextRow> texts;
  for (std::size_t i = 0; i < shown; ++i) {
    texts.push_back(cells(rows[i], known, all_bytes, with_database, is_type));
  }
  return text_table(kColumns, texts, table.columns) + rest_text(std::span(rows).subspan(shown));
}

// What is known of each type, to be added up.
struct Parts {
  std::set<std::string_view> tenants;
  std::vector<Estimate> keys;
  std::vector<std::optional<Estimate>> sizes;
  std::vector<std::optional<Estimate>> without_ttl;
};

std::vector<Row> rows_by_type(const Report& report) {
  std::map<std::pair<int, std::string_view>, Parts> types;
  for (const Group& group : report.groups) {
    Parts& parts = types[{group.database, group.type}];
    if (!group.tenant.empty()) parts.tenants.insert(group.tenant);
    parts.keys.push_back(group.keys);
    parts.sizes.push_back(shown_size(group));
    parts.without_ttl.push_back(group.keys_without_ttl);
  }
  std::vector<Row> rows;
  for (const auto& [name, parts] : types) {
    rows.push_back({.database = name.first,
                    .type = std::string(name.second),
                    .tenant = "",
                    .tenants = parts.tenants.size(),
                    .keys = keyspace::sum(parts.keys),
                    .size = sum_known(parts.sizes),
                    .without_ttl = sum_known(parts.without_ttl),
                    .ttl = {}});
  }
  return rows;
}

}  // namespace

std::optional<KeysSort> parse_keys_sort(std::string_view word) {
  for (const auto& [name, sort] : kSorts) {
    if (name == word) return sort;
  }
  return std::nullopt;
}

std::vector<std::string> keys_sort_words() {
  std::vector<std::string> words;
  for (const auto& [name, sort] : kSorts) words.emplace_back(name);
  return words;
}

std::optional<Estimate> shown_size(const Group& group) {
  return group.size_bytes ? group.size_bytes : group.memory_usage_bytes;
}

std::string group_table(const Report& report, const GroupTable& table) {
  std::vector<Row> rows = rows_of(report);
  sort_rows(rows, table.sort);
  return rows_text(rows, table, false);
}

std::string type_table(const Report& report, const GroupTable& table) {
  if (report.groups.size() <= table.limit) return "";
  std::vector<Row> rows = rows_by_type(report);
  if (rows.size() == report.groups.size()) return "";
  sort_rows(rows, table.sort == KeysSort::kTenant ? KeysSort::kType : table.sort);
  return rows_text(rows, table, true);
}

std::string without_ttl_table(const Report& report, const GroupTable& table) {
  std::vector<Row> rows = rows_of(report);
  std::erase_if(rows, [](const Row& row) {
    return !(known(row.without_ttl) > 0) || is_doubtful(*row.without_ttl);
  });
  if (rows.empty()) return "";
  sort_rows(rows, KeysSort::kWithoutTtl);
  const bool with_database = has_several_databases(rows);
  static const std::array columns = {
      TextColumn{"DB", true, 3},     TextColumn{"TYPE", true, 0},
      TextColumn{"TENANT", true, 0}, TextColumn{"NO TTL", false, 0},
      TextColumn{"±", false, 2},     TextColumn{"OF ITS KEYS", false, 1}};
  std::vector<TextRow> texts;
  for (std::size_t i = 0; i < std::min(rows.size(), table.limit); ++i) {
    const Row& row = rows[i];
    texts.push_back({with_database ? fmt::format("{}", row.database) : "", name_text(row.type),
                     name_text(row.tenant), estimated_count(row.without_ttl),
                     error_text(row.without_ttl),
                     share_text(row.without_ttl->value, row.keys.value)});
  }
  std::string text = text_table(columns, texts, table.columns);
  if (rows.size() > texts.size()) {
    text +=
        fmt::format("and {} more\n", whole_number(static_cast<double>(rows.size() - texts.size())));
  }
  return text;
}

}  // namespace hitwatch::cli
