#include "agent/cli/keys_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "agent/cli/keys_figures.h"
#include "agent/cli/terminal_text.h"
#include "agent/cli/text_table.h"

namespace hitwatch::cli {
namespace {

using keyspace::Estimate;
using keyspace::KeyExample;
using keyspace::Report;

constexpr std::size_t kMostKeys = 10;     // of the biggest
constexpr std::size_t kMostExamples = 5;  // of anything else
constexpr std::size_t kMostGroups = 5;    // without TTL
constexpr std::size_t kMostDatabasesShown = 16;

double number(std::uint64_t count) { return static_cast<double>(count); }

std::string time_words(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string memory_words(const Report& report) {
  if (report.used_memory_dataset) {
    // Of the whole server, whichever databases are looked at.
    return fmt::format(", used_memory_dataset {}", bytes_text(number(*report.used_memory_dataset)));
  }
  if (report.memory_usage_bytes) {
    return fmt::format(", {} of data", bytes_text(report.memory_usage_bytes->value));
  }
  return "";
}

std::string server_line(const Report& report) {
  std::string text = printable(report.server);
  if (!report.role.empty()) text += fmt::format(" ({})", printable(report.role));
  text += fmt::format(": {}, {} with a TTL", count_of(number(report.keys), "key"),
                      whole_number(number(report.keys_with_ttl)));
  return text + memory_words(report) + ", at " + time_words(report.began);
}

// "random cursors and random keys": the databases may differ.
std::string method_words(const Report& report) {
  std::set<std::string> words;
  for (const keyspace::Database& database : report.databases) {
    if (database.sampled > 0) words.insert(keyspace::method_word(database.method));
  }
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? " by " : " and ") + word;
  return text;
}

std::string chosen_words(const Report& report) {
  const double sampled = number(report.sampled);
  const std::string keys = count_of(number(report.keys), "key");
  if (report.sampled == 0) return fmt::format("None of {} could be looked at", keys);
  const std::string how = method_words(report);
  if (report.full) {
    const char* exact = report.unreadable > 0 ? "keys are exact" : "keys and memory are exact";
    return fmt::format("All {}{}: {}", count_of(sampled, "key"), how, exact);
  }
  return fmt::format("{} of {}{}, 95 % intervals", whole_number(sampled), keys, how);
}

std::string sample_line(const Report& report) {
  std::string text = chosen_words(report);
  text += fmt::format("; {} of the server's time in {}, {}", duration_words(report.server_seconds),
                      duration_words(report.took.count()),
                      count_of(number(report.commands), "command"));
  if (report.ttls_read > 0) {
    text += fmt::format("; {} read, each counts as a hit in INFO",
                        count_of(number(report.ttls_read), "TTL"));
  }
  if (report.vanished > 0) {
    text += fmt::format("; {} vanished meanwhile", count_of(number(report.vanished), "key"));
  }
  if (report.unreadable > 0) {
    text += fmt::format("; {} could not be measured", count_of(number(report.unreadable), "key"));
  }
  return text;
}

// Not every key that is counted has a size.
std::string readable_line(const Report& report) {
  const auto has_size = [](const keyspace::Group& group) { return shown_size(group).has_value(); };
  if (report.unreadable == 0 || std::ranges::none_of(report.groups, has_size)) return "";
  return fmt::format("MEMORY and SHARE go by the keys that may be read: {} of the {} seen may not.",
                     whole_number(number(report.unreadable)), whole_number(number(report.sampled)));
}

// Databases that were asked for by number and have no keys. INFO does not tell of one that is empty
// any more than of one that does not exist.
std::string empty_databases_line(const Report& report, const KeysView& view) {
  std::uint64_t keys = 0;
  for (const keyspace::Database& database : report.databases) keys += database.keys;
  if (keys != report.keys) return "";  // others have keys too, and were not looked at
  std::vector<int> missing;
  for (const int index : view.databases) {
    const auto has_index = [index](const keyspace::Database& one) { return one.index == index; };
    if (std::ranges::none_of(report.databases, has_index)) missing.push_back(index);
  }
  if (missing.empty()) return "";
  if (missing.size() == 1) {
    return fmt::format("Database {} is empty or does not exist.", missing[0]);
  }
  std::string text;
  const std::size_t shown = std::min(missing.size(), kMostDatabasesShown);
  for (const int index : std::span(missing).first(shown)) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", index);
  }
  if (shown < missing.size()) text += fmt::format(" and {} more", missing.size() - shown);
  return fmt::format("Databases {} are empty or do not exist.", text);
}

std::string databases_line(const Report& report) {
  if (report.databases.size() < 2) return "";
  std::string text = "Databases:";
  const std::size_t shown = std::min(report.databases.size(), kMostDatabasesShown);
  for (const keyspace::Database& database : std::span(report.databases).first(shown)) {
    text += fmt::format(" {} ({}),", database.index, count_of(number(database.keys), "key"));
  }
  if (shown < report.databases.size()) {
    return text + fmt::format(" and {} more", report.databases.size() - shown);
  }
  text.pop_back();
  return text;
}

std::string calibration_line(const Report& report) {
  if (report.calibration == 1 || !report.used_memory_dataset) return "";
  const double dataset = number(*report.used_memory_dataset);
  // Sizes are not made arbitrarily bigger; what is missing then is in a note.
  const bool is_all = report.memory_usage_bytes &&
                      report.memory_usage_bytes->value * report.calibration > dataset * 0.99;
  return fmt::format(
      "Sizes are {:.2f} times what MEMORY USAGE says, {} the {} that INFO says the "
      "data takes.",
      report.calibration, is_all ? "so that together they are" : "nearer to", bytes_text(dataset));
}

std::string patterns_line(const KeysView& view) {
  if (!view.by_first_segment) return "";
  return "Without patterns, the type of a key is what stands before its first ':', else '/', else "
         "'.'. To see tenants and types of your own, give some: --pattern 'catalog:{tenant}:*', or "
         "--config FILE.";
}

std::string state_line(const Report& report, const KeysView& view) {
  if (report.complete) return "";
  if (view.interrupted) return "PARTIAL: ended by hand; this is what was known by then.";
  return "PARTIAL: the round did not end as planned; the notes say why.";
}

std::string heading(const Report& report, const KeysView& view) {
  std::string text = folded(server_line(report), view.columns);
  const auto add = [&](const std::string& line) {
    if (!line.empty()) text += folded(line, view.columns);
  };
  add(databases_line(report));
  add(empty_databases_line(report, view));
  if (report.keys > 0 || report.sampled > 0) add(sample_line(report));
  add(readable_line(report));
  add(state_line(report, view));
  for (const std::string& note : report.notes) add("Note: " + printable(note));
  if (!report.groups.empty()) {
    add(calibration_line(report));
    add(patterns_line(view));
  }
  return text;
}

std::string section(std::string_view title, std::string body) {
  return body.empty() ? "" : fmt::format("\n{}\n{}", title, body);
}

std::string shown_name(const std::string& name, bool in_full) {
  if (name.empty()) return "(the empty name)";
  // Names have up to 512 MB; nobody reads those.
  constexpr std::size_t kMostBytes = 512;
  if (!in_full) return keyspace::redacted_key(name);
  if (name.size() <= kMostBytes) return printable(name);
  return printable(std::string_view(name).substr(0, kMostBytes)) + "…";
}

std::string shown_segment(const std::string& segment, bool in_full) {
  return in_full ? printable(segment) : keyspace::redacted_segment(segment);
}

// A table of keys: their size, and what they are.
std::string key_table(const std::vector<KeyExample>& keys, std::size_t most, const KeysView& view) {
  static const std::array columns = {TextColumn{"DB", true, 3}, TextColumn{"SIZE", false, 0},
                                     TextColumn{"TYPE", true, 2}, TextColumn{"TENANT", true, 1},
                                     TextColumn{"KEY", true, 0}};
  if (keys.empty()) return "";
  const bool one_database = std::ranges::all_of(
      keys, [&](const KeyExample& key) { return key.database == keys.front().database; });
  std::vector<TextRow> rows;
  for (const KeyExample& key : std::span(keys).first(std::min(keys.size(), most))) {
    rows.push_back({one_database ? "" : fmt::format("{}", key.database),
                    key.bytes == 0 ? "" : bytes_text(number(key.bytes)), printable(key.type),
                    printable(key.tenant), shown_name(key.name, view.show_keys)});
  }
  return text_table(columns, rows, view.columns);
}

std::string without_ttl_section(const Report& report, const KeysView& view) {
  const std::uint64_t keys = report.keys - std::min(report.keys, report.keys_with_ttl);
  if (keys == 0) return "\nEvery key has a TTL.\n";
  const GroupTable table{
      .sort = KeysSort::kWithoutTtl, .limit = kMostGroups, .columns = view.columns};
  std::string body = without_ttl_table(report, table);
  if (const auto examples = key_table(report.without_ttl_examples, kMostExamples, view);
      !examples.empty()) {
    body += "The biggest of them that were seen:\n" + examples;
  }
  return section(fmt::format("Keys without a TTL: {} ({})", whole_number(number(keys)),
                             share_text(number(keys), number(report.keys))),
                 body);
}

std::string with_error(const Estimate& estimate) {
  const std::string error = error_text(estimate);
  return estimated_count(estimate) + (error.empty() ? "" : " " + error);
}

std::string unclassified_section(const Report& report, const KeysView& view) {
  const Estimate keys = keyspace::unclassified_keys(report);
  if (!(keys.value > 0) && report.unclassified_examples.empty()) return "";
  const char* title =
      view.by_first_segment ? "Keys with none of these separators" : "Keys that match no pattern";
  return section(fmt::format("{}: {} ({})", title, with_error(keys),
                             share_text(keys.value, number(report.keys))),
                 key_table(report.unclassified_examples, kMostExamples, view));
}

std::string tenantless_section(const Report& report, const KeysView& view) {
  std::string body;
  for (const keyspace::TenantlessType& type : report.without_tenant) {
    body += folded(fmt::format("{}: {} keys", printable(type.type), with_error(type.keys)),
                   view.columns);
  }
  return section("Keys without the tenant that their pattern requires",
                 body + key_table(report.tenantless_examples, kMostExamples, view));
}

std::string duplicates_section(const Report& report, const KeysView& view) {
  std::string body;
  for (const keyspace::ConventionDuplicate& duplicate : report.duplicates) {
    std::string line;
    for (const auto& spelling : duplicate.spellings) {
      line += fmt::format("{}'{}' ({} keys)", line.empty() ? "" : ", ",
                          shown_segment(spelling.text, view.show_keys), with_error(spelling.keys));
    }
    body += folded(line, view.columns);
  }
  return section("What looks like one convention in several spellings", body);
}

bool names_keys(const Report& report) {
  return !report.biggest.empty() || !report.without_ttl_examples.empty() ||
         !report.unclassified_examples.empty() || !report.tenantless_examples.empty() ||
         !report.duplicates.empty();
}

}  // namespace

std::string keys_report(const Report& report, const KeysView& view) {
  std::string text = heading(report, view);
  if (report.keys == 0 && report.groups.empty()) {
    return view.databases.empty() ? text + "There are no keys.\n" : text;
  }
  const GroupTable table{.sort = view.sort, .limit = view.limit, .columns = view.columns};
  if (!report.groups.empty())
    text += section("Keys by type and tenant", group_table(report, table));
  text += section("By type", type_table(report, table));
  text += section(report.full ? "Biggest keys" : "Biggest keys seen",
                  key_table(report.biggest, kMostKeys, view));
  text += without_ttl_section(report, view);
  text += unclassified_section(report, view);
  text += tenantless_section(report, view);
  text += duplicates_section(report, view);
  if (names_keys(report) && !view.show_keys) {
    text += '\n' + folded("Names of keys are redacted; --show-keys shows them.", view.columns);
  }
  return text;
}

}  // namespace hitwatch::cli
