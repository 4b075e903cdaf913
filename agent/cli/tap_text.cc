#include "agent/cli/tap_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "agent/cli/keys_figures.h"
#include "agent/cli/terminal_text.h"
#include "agent/cli/text_table.h"
#include "agent/cli/top_figures.h"
#include "collectors/lookups/latency_buckets.h"

namespace hitwatch::cli {
namespace {

using tap::Figures;
using tap::Latencies;
using tap::Report;

constexpr std::size_t kLongestName = 100;  // columns of a name where nothing bounds the table
constexpr std::size_t kMostFaults = 5;

std::string shown_name(std::string_view name) {
  return name.empty() ? "-" : cut(printable(name), kLongestName);
}

double number(std::uint64_t count) { return static_cast<double>(count); }

std::string per_second(std::uint64_t count, double seconds) {
  return seconds > 0 ? rate_text(number(count) / seconds) : "";
}

std::string bytes_per_second(std::uint64_t bytes, double seconds) {
  return seconds > 0 && bytes > 0 ? bytes_text(number(bytes) / seconds) + "/s" : "";
}

std::string ratio_text(std::uint64_t part, std::uint64_t rest) {
  if (part + rest == 0) return "";
  return percent_text(number(part) / number(part + rest));
}

std::string count_or_nothing(std::uint64_t count) {
  return count == 0 ? "" : whole_number(number(count));
}

struct Quantiles {
  std::string p50;
  std::string p99;
};

Quantiles quantiles_of(const Latencies& latencies) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : latencies) total += count;
  if (total == 0) return {};
  constexpr std::array kWanted = {0.5, 0.99};
  std::array<double, kWanted.size()> values{};
  lookups::quantiles(latencies, total, kWanted, values);
  return {.p50 = latency_text(values[0]), .p99 = latency_text(values[1])};
}

Figures difference(Figures now, const Figures& before) {
  now.commands -= before.commands;
  now.hits -= before.hits;
  now.misses -= before.misses;
  now.lookup_hits -= before.lookup_hits;
  now.lookup_misses -= before.lookup_misses;
  now.lookups_undecided -= before.lookups_undecided;
  now.errors -= before.errors;
  now.bytes_in -= before.bytes_in;
  now.bytes_out -= before.bytes_out;
  return now;
}

// Types of proposed patterns are made of the patterns' words and say nothing more.
TapRow row_of(const Report& report, const tap::Row& row, double seconds) {
  return {.pattern = row.pattern,
          .type = report.proposed && !row.pattern.empty() ? "" : row.type,
          .figures = row.figures,
          .latencies = row.latencies,
          .seconds = seconds};
}

// A proposed pattern may have lost keys to another since: then nothing is known of the time.
bool is_continued(const tap::Row& now, const tap::Row& before) {
  return now.figures.commands >= before.figures.commands &&
         now.figures.hits >= before.figures.hits && now.figures.misses >= before.figures.misses &&
         now.figures.bytes_in >= before.figures.bytes_in &&
         now.figures.bytes_out >= before.figures.bytes_out &&
         now.figures.errors >= before.figures.errors;
}

void put_busiest_first(std::vector<TapRow>& rows) {
  const auto busyness = [](const TapRow& row) {
    return row.seconds > 0 ? number(row.figures.commands) / row.seconds
                           : number(row.figures.commands);
  };
  std::ranges::stable_sort(rows, std::greater(), busyness);
}

// Why figures may not be whole: what a count is of, for one and for several.
struct Reason {
  std::uint64_t count;
  std::string_view one;
  std::string_view several;
};

std::uint64_t scripts_of(const Report& report) {
  std::uint64_t scripts = 0;
  for (const tap::ServerFigures& server : report.counters.servers) scripts += server.scripts;
  return scripts;
}

std::vector<Reason> reasons(const Report& report) {
  const tap::Counters& counters = report.counters;
  const resp::Doubts& doubts = counters.doubts;
  return {
      {counters.dropped, "packet dropped by the kernel: the reader was too slow",
       "packets dropped by the kernel: the reader was too slow"},
      {counters.cut, "packet was cut short: what is behind the cut is not counted (snaplen)",
       "packets were cut short: what is behind the cut is not counted (snaplen)"},
      {doubts.tls_connections, "connection is encrypted (TLS): not observable",
       "connections are encrypted (TLS): not observable"},
      {doubts.gaps, "gap: bytes were missed, what was outstanding is not counted",
       "gaps: bytes were missed, what was outstanding is not counted"},
      {doubts.lost_requests, "request had no reply that is sure to be its own: not counted",
       "requests had no reply that is sure to be their own: not counted"},
      {doubts.contradictions, "reply did not fit its request: the connection was begun anew",
       "replies did not fit their requests: their connections were begun anew"},
      {doubts.skipped_while_unsure,
       "segment of requests not counted: its connection is not in step yet",
       "segments of requests not counted: their connections are not in step yet"},
      {doubts.too_many_keys, "key beyond the bounds: not counted by pattern",
       "keys beyond the bounds: not counted by pattern"},
      {doubts.replication_connections, "replication link or MONITOR: not counted",
       "replication links or MONITORs: not counted"},
      {scripts_of(report), "command whose lookups are not seen: a script, or one without a reply",
       "commands whose lookups are not seen: scripts, or without a reply"},
      {counters.connections_evicted, "connection given up to make room",
       "connections given up to make room"}};
}

std::string totals_text(const Report& report, double seconds) {
  const Figures& total = report.total;
  std::string text = count_of(number(total.commands), "command");
  if (seconds > 0) text += fmt::format(", {}/s", per_second(total.commands, seconds));
  if (const std::string ratio = ratio_text(total.hits, total.misses); !ratio.empty()) {
    text += fmt::format("; {}% of the values asked for were there", ratio);
  }
  const std::string lookups = ratio_text(total.lookup_hits, total.lookup_misses);
  if (!lookups.empty()) text += fmt::format("; {}% of the lookups whose reply tells", lookups);
  if (total.errors > 0) text += "; " + count_of(number(total.errors), "error");
  return text;
}

std::string heavy_table(std::string_view title, const std::vector<tap::Heavy>& all,
                        std::size_t most, std::optional<std::size_t> columns) {
  if (all.empty() || most == 0) return "";
  const std::array titles = {TextColumn{std::string(title), true, 0}, TextColumn{"USES", false, 0},
                             TextColumn{"AT LEAST", false, 1}};
  std::vector<TextRow> rows;
  for (const tap::Heavy& heavy : std::span(all).first(std::min(all.size(), most))) {
    rows.push_back({shown_name(heavy.name), whole_number(number(heavy.count)),
                    heavy.error == 0 ? "" : whole_number(number(heavy.count - heavy.error))});
  }
  return '\n' + text_table(titles, rows, columns);
}

}  // namespace

std::vector<TapRow> rows_in_all(const Report& report, double seconds) {
  std::vector<TapRow> rows;
  for (const tap::Row& row : report.rows) rows.push_back(row_of(report, row, seconds));
  put_busiest_first(rows);
  return rows;
}

std::vector<TapRow> rows_between(const Report& before, const Report& now, double seconds,
                                 double seconds_in_all) {
  std::map<std::pair<std::string_view, std::string_view>, const tap::Row*> earlier;
  for (const tap::Row& row : before.rows) earlier[{row.pattern, row.type}] = &row;
  std::vector<TapRow> rows;
  for (const tap::Row& row : now.rows) {
    const auto found = earlier.find({row.pattern, row.type});
    if (found == earlier.end() || !is_continued(row, *found->second)) {
      rows.push_back(row_of(now, row, seconds_in_all));
      continue;
    }
    TapRow recent = row_of(now, row, seconds);
    recent.figures = difference(row.figures, found->second->figures);
    for (std::size_t i = 0; i < recent.latencies.size(); ++i) {
      const std::uint64_t former = found->second->latencies[i];
      recent.latencies[i] -= std::min(former, recent.latencies[i]);
    }
    rows.push_back(std::move(recent));
  }
  put_busiest_first(rows);
  return rows;
}

std::string tap_reasons(const Report& report, std::optional<std::size_t> columns) {
  std::string text;
  if (report.counters.connections_seen == 0) {
    text += folded(
        "- no connection to these ports: is it the interface that the clients' packets pass, or "
        "does the server listen elsewhere?",
        columns);
  }
  for (const Reason& reason : reasons(report)) {
    if (reason.count == 0) continue;
    text += folded(fmt::format("- {} {}", whole_number(number(reason.count)),
                               reason.count == 1 ? reason.one : reason.several),
                   columns);
  }
  const auto& faults = report.counters.faults;
  for (const std::string& fault : std::span(faults).first(std::min(faults.size(), kMostFaults))) {
    text += folded("- " + printable(fault), columns);
  }
  return text;
}

std::string tap_heading(const Report& report, const std::string& subject, double seconds,
                        std::optional<std::size_t> columns) {
  const tap::Counters& counters = report.counters;
  std::string text = folded(fmt::format("{}: {}, {} in {}; {}, {} open", printable(subject),
                                        count_of(number(counters.packets), "packet"),
                                        bytes_text(number(counters.bytes)), duration_words(seconds),
                                        count_of(number(counters.connections_seen), "connection"),
                                        whole_number(number(counters.connections))),
                            columns);
  text += folded(totals_text(report, seconds), columns);
  return text + tap_reasons(report, columns);
}

std::string tap_table(const std::vector<TapRow>& rows, std::size_t most,
                      std::optional<std::size_t> columns) {
  if (rows.empty()) return "no commands with keys so far\n";
  static const std::array titles = {
      TextColumn{"PATTERN", true, 0},   TextColumn{"TYPE", true, 9},
      TextColumn{"COMMANDS", false, 8}, TextColumn{"OPS/S", false, 0},
      TextColumn{"HIT%", false, 0},     TextColumn{"P50", false, 5},
      TextColumn{"P99", false, 3},      TextColumn{"IN", false, 6},
      TextColumn{"OUT", false, 4},      TextColumn{"ERRORS", false, 2}};
  std::vector<TextRow> texts;
  const auto shown = std::span(rows).first(std::min(rows.size(), most));
  for (const TapRow& row : shown) {
    const Quantiles quantiles = quantiles_of(row.latencies);
    const Figures& figures = row.figures;
    texts.push_back(
        {shown_name(row.pattern), row.type.empty() ? "" : shown_name(row.type),
         whole_number(number(figures.commands)), per_second(figures.commands, row.seconds),
         ratio_text(figures.hits, figures.misses), quantiles.p50, quantiles.p99,
         bytes_per_second(figures.bytes_in, row.seconds),
         bytes_per_second(figures.bytes_out, row.seconds), count_or_nothing(figures.errors)});
  }
  std::string text = text_table(titles, texts, columns);
  std::uint64_t commands = 0;
  for (const TapRow& row : std::span(rows).subspan(shown.size())) commands += row.figures.commands;
  if (shown.size() < rows.size()) {
    text += fmt::format("and {} more: {}\n", whole_number(number(rows.size() - shown.size())),
                        count_of(number(commands), "command"));
  }
  return text;
}

std::string tap_hot_keys(const Report& report, std::size_t most,
                         std::optional<std::size_t> columns) {
  return heavy_table("HOT KEY", report.hot_keys, most, columns);
}

std::string tap_hot_tenants(const Report& report, std::size_t most,
                            std::optional<std::size_t> columns) {
  return heavy_table("HOT TENANT", report.hot_tenants, most, columns);
}

std::string tap_big_values(const Report& report, std::size_t most,
                           std::optional<std::size_t> columns) {
  const auto& all = report.big_values;
  if (all.empty() || most == 0) return "";
  static const std::array titles = {TextColumn{"BIG VALUE", true, 0}, TextColumn{"BY", true, 1},
                                    TextColumn{"SIZE", false, 0}};
  std::vector<TextRow> rows;
  for (const tap::BigValue& value : std::span(all).first(std::min(all.size(), most))) {
    rows.push_back(
        {shown_name(value.key), shown_name(value.operation), bytes_text(number(value.bytes))});
  }
  return '\n' + text_table(titles, rows, columns);
}

std::string tap_operations(const Report& report, std::size_t most, double seconds,
                           std::optional<std::size_t> columns) {
  const auto& all = report.operations;
  if (all.empty() || most == 0) return "";
  static const std::array titles = {
      TextColumn{"OPERATION", true, 0}, TextColumn{"COMMANDS", false, 4},
      TextColumn{"OPS/S", false, 0},    TextColumn{"HIT%", false, 0},
      TextColumn{"P50", false, 3},      TextColumn{"P99", false, 2},
      TextColumn{"ERRORS", false, 1}};
  std::vector<TextRow> rows;
  for (const tap::OperationRow& row : std::span(all).first(std::min(all.size(), most))) {
    const Quantiles quantiles = quantiles_of(row.latencies);
    rows.push_back({shown_name(row.operation), whole_number(number(row.figures.commands)),
                    per_second(row.figures.commands, seconds),
                    ratio_text(row.figures.hits, row.figures.misses), quantiles.p50, quantiles.p99,
                    count_or_nothing(row.figures.errors)});
  }
  return '\n' + text_table(titles, rows, columns);
}

std::string tap_clients(const Report& report, std::size_t most, double seconds,
                        std::optional<std::size_t> columns) {
  const auto& all = report.clients;
  if (all.empty() || most == 0) return "";
  static const std::array titles = {
      TextColumn{"CLIENT", true, 0},    TextColumn{"LIBRARY", true, 0},
      TextColumn{"COMMANDS", false, 3}, TextColumn{"OPS/S", false, 0},
      TextColumn{"HIT%", false, 0},     TextColumn{"IN", false, 2},
      TextColumn{"OUT", false, 2},      TextColumn{"ERRORS", false, 1}};
  std::vector<TextRow> rows;
  for (const tap::ClientRow& row : std::span(all).first(std::min(all.size(), most))) {
    rows.push_back(
        {shown_name(row.address), shown_name(row.library),
         whole_number(number(row.figures.commands)), per_second(row.figures.commands, seconds),
         ratio_text(row.figures.hits, row.figures.misses),
         bytes_per_second(row.figures.bytes_in, seconds),
         bytes_per_second(row.figures.bytes_out, seconds), count_or_nothing(row.figures.errors)});
  }
  return '\n' + text_table(titles, rows, columns);
}

std::string tap_report(const Report& report, const std::string& subject, double seconds,
                       std::size_t most, std::optional<std::size_t> columns) {
  constexpr std::size_t kMostOfOthers = 10;
  const std::size_t others = std::min(most, kMostOfOthers);
  return tap_heading(report, subject, seconds, columns) + '\n' +
         tap_table(rows_in_all(report, seconds), most, columns) +
         tap_operations(report, others, seconds, columns) + tap_hot_keys(report, others, columns) +
         tap_hot_tenants(report, others, columns) + tap_big_values(report, others, columns) +
         tap_clients(report, others, seconds, columns);
}

}  // namespace hitwatch::cli
