#include "agent/cli/keys_cost.h"

#include <fmt/core.h>

#include "agent/cli/keys_figures.h"
#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

// Measured with SCAN and MEMORY USAGE in batches on a machine of no special speed.
constexpr double kServerSecondsPerKey = 3e-6;
constexpr std::uint64_t kKeysPerPage = 100;  // of SCAN

}  // namespace

ScanCost cost_of_full_scan(std::uint64_t keys, double budget) {
  const double server_seconds = static_cast<double>(keys) * kServerSecondsPerKey;
  return {.commands = keys + keys / kKeysPerPage,
          .server_seconds = server_seconds,
          .seconds_at_budget = server_seconds / budget};
}

std::string cost_text(const keyspace::Report& report, double budget) {
  const auto keys = static_cast<double>(report.keys);
  const ScanCost cost = cost_of_full_scan(report.keys, budget);
  std::string text = fmt::format(
      "A full scan looks at all {} of {}: about {} (SCAN, MEMORY USAGE; nothing is written), which "
      "take some {} of the server's time, more if values have many elements.\n",
      count_of(keys, "key"), printable(report.server),
      count_of(static_cast<double>(cost.commands), "command"), duration_words(cost.server_seconds));
  if (budget < 1) {
    text += fmt::format(
        "With --budget {:.4g}% it is done in about {}, in which the server is busy with it {:.4g}% "
        "of the time; with --budget 100%, in about {}, in which others wait.\n",
        budget * 100, duration_words(cost.seconds_at_budget), budget * 100,
        duration_words(cost.server_seconds));
  } else {
    text += "With --budget 100% the server is busy with it all of the time: others wait.\n";
  }
  return text + "Without --full a sample costs a small part of that.\n";
}

}  // namespace hitwatch::cli
