// What `hitwatch tap` shows of a report, as text without any escape sequence. Names from the wire
// are made printable; lines fit into `columns`, if there is a bound.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "collectors/tap/report.h"

namespace hitwatch::cli {

// A line of the table by pattern: what happened within some seconds.
struct TapRow {
  std::string pattern;
  std::string type;
  tap::Figures figures;
  tap::Latencies latencies{};
  double seconds = 0;  // 0: not known, then there are no rates
};

// All that was seen, the busiest first.
std::vector<TapRow> rows_in_all(const tap::Report& report, double seconds);
// What happened between two reports, `seconds` apart. Patterns that the earlier one does not have,
// as proposed ones change, are given with all that was seen in `seconds_in_all`.
std::vector<TapRow> rows_between(const tap::Report& before, const tap::Report& now, double seconds,
                                 double seconds_in_all);

// A line for each reason why the figures may not be whole.
std::string tap_reasons(const tap::Report& report, std::optional<std::size_t> columns);

// What is watched and what was seen of it: packets, connections, hit ratios, and the reasons.
// `subject` says what is watched, `seconds` for how long.
std::string tap_heading(const tap::Report& report, const std::string& subject, double seconds,
                        std::optional<std::size_t> columns);

// At most `most` rows, and what the others come to.
std::string tap_table(const std::vector<TapRow>& rows, std::size_t most,
                      std::optional<std::size_t> columns);

// The hottest keys and tenants, the biggest values, the busiest clients and operations: tables of
// at most `most` rows, with a blank line before each.
std::string tap_hot_keys(const tap::Report& report, std::size_t most,
                         std::optional<std::size_t> columns);
std::string tap_hot_tenants(const tap::Report& report, std::size_t most,
                            std::optional<std::size_t> columns);
std::string tap_big_values(const tap::Report& report, std::size_t most,
                           std::optional<std::size_t> columns);
std::string tap_operations(const tap::Report& report, std::size_t most, double seconds,
                           std::optional<std::size_t> columns);
std::string tap_clients(const tap::Report& report, std::size_t most, double seconds,
                        std::optional<std::size_t> columns);

// All of it, one after the other.
std::string tap_report(const tap::Report& report, const std::string& subject, double seconds,
                       std::size_t most, std::optional<std::size_t> columns);

}  // namespace hitwatch::cli
