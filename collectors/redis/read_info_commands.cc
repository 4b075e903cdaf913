// INFO commandstats, errorstats and latencystats: one line per command or error.
#include <algorithm>
#include <array>

#include "collectors/redis/info_reading.h"

namespace hitwatch::redis {
namespace {

// ERR: of a denial within a script.
constexpr std::array<std::string_view, 3> kErrorsOfDenials = {"NOPERM", "WRONGPASS", "ERR"};

}  // namespace

// calls=82,usec=300,usec_per_call=3.66,rejected_calls=0,failed_calls=1
bool read_command_stats(InfoReading& info, std::string_view name, std::string_view value) {
  CommandTotals totals;
  bool counted = false;
  InfoPairs pairs(value);
  for (InfoLine pair; pairs.next(pair);) {
    const auto number = parse_number(pair.value);
    if (!number) continue;
    if (pair.field == "calls") {
      counted = true;
      totals.calls = *number;
      info.add(Metric::kCommands, *number, {{"cmd", name}});
    } else if (pair.field == "usec") {
      totals.usec = *number;
      info.add(Metric::kCommandsDuration, *number / 1e6, {{"cmd", name}});
    } else if (pair.field == "rejected_calls") {
      info.add(Metric::kCommandsRejected, *number, {{"cmd", name}});
    } else if (pair.field == "failed_calls") {
      info.add(Metric::kCommandsFailed, *number, {{"cmd", name}});
    }
  }
  if (counted) info.collection.server.commands.set(name, totals);
  return counted;
}

// count=1
bool read_error_stats(InfoReading& info, std::string_view name, std::string_view value) {
  InfoPairs pairs(value);
  for (InfoLine pair; pairs.next(pair);) {
    if (pair.field != "count") continue;
    info.add_number(Metric::kErrors, pair.value, {{"err", name}});
    if (std::ranges::find(kErrorsOfDenials, name) == kErrorsOfDenials.end()) {
      info.errors_but_denials += parse_number(pair.value).value_or(0);
    }
  }
  return true;
}

// p50=3.007,p99=6.015,p99.9=6.015, after the commandstats, which have the sum and the count.
bool read_latency_stats(InfoReading& info, std::string_view name, std::string_view value) {
  const CommandTotals* totals = info.collection.server.commands.find(name);
  if (totals == nullptr) return true;
  InfoPairs pairs(value);
  for (InfoLine pair; pairs.next(pair);) {
    if (!pair.field.starts_with('p')) continue;
    info.add_number(Metric::kLatencyPercentiles, pair.value,
                    {{"cmd", name}, {"quantile", pair.field.substr(1)}});
  }
  info.add(Metric::kLatencyPercentiles, totals->usec, {{"cmd", name}}, metrics::Suffix::kSum);
  info.add(Metric::kLatencyPercentiles, totals->calls, {{"cmd", name}}, metrics::Suffix::kCount);
  return true;
}

}  // namespace hitwatch::redis
