// Hits and misses of a server as its applications see them: our own looks at keys are no lookups of
// theirs.
//
// A server counts since it started, or since CONFIG RESETSTAT, and so does what is left here of its
// count: it falls when the server's own does. What another daemon has added is in no ledger of
// ours.
//
// Ours are counted when they are sent, the server's when it executes them: in between the
// difference would dip, and a counter that falls is taken for a restart. So the former value stands
// until the difference has passed it. For the same reason, figures are exact to within the probes
// of one poll interval: of those sent in the interval of a reset it is not known on which side of
// it they were executed.
#include <algorithm>

#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

using Lookups = Remembered::Lookups;

constexpr double kMostUnderWay = 1000;  // probes that were sent and may not yet be executed

double number(std::uint64_t count) { return static_cast<double>(count); }

std::uint64_t excess(std::uint64_t amount, std::uint64_t over) {
  return amount - std::min(amount, over);
}

// A server without a run id cannot be told from others.
ProbeLedger::Totals ours(const Collection& collection) {
  const std::string& run_id = collection.server.run_id;
  if (collection.probes == nullptr || run_id.empty()) return {};
  return collection.probes->of_run(run_id);
}

// What falls in a run of the server by CONFIG RESETSTAT only. Hits alone would not tell of one when
// applications have looked up more since than ever before; INFO is rarely asked for by others.
Lookups::Counters counters_of(const ServerFacts& server) {
  const CommandTotals* const info = server.commands.find("info");
  return {server.keyspace_hits, server.keyspace_misses, server.connections_received,
          server.commands_processed, info == nullptr ? 0 : info->calls};
}

enum class Change { kNone, kReset, kOtherRun };

Change change_since(const Lookups& known, const Collection& collection) {
  if (!known.read || known.run_id != collection.server.run_id) return Change::kOtherRun;
  const Lookups::Counters now = counters_of(collection.server);
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i] < known.counters[i]) return Change::kReset;
  }
  return Change::kNone;
}

// The server counts from 0 again. Of the probes since the last poll as many are taken for executed
// after the reset as its counts have room for.
void follow_reset(Lookups::Count& count, std::uint64_t probes, double read) {
  const std::uint64_t since_last_poll = excess(probes, count.probes);
  const double after_reset = std::min(read, number(since_last_poll));
  count.probes_not_in_it = probes - static_cast<std::uint64_t>(after_reset);
  count.of_applications = 0;
}

void follow(Lookups::Count& count, Change change, std::uint64_t probes, double read) {
  if (change == Change::kReset) follow_reset(count, probes, read);
  // Many more of ours than there are in all: the server's counts were reset while we were away.
  if (change == Change::kOtherRun && number(probes) > read + kMostUnderWay) {
    count.probes_not_in_it = probes;
  }
  const double in_count = number(excess(probes, count.probes_not_in_it));
  count.of_applications = std::max(count.of_applications, read - in_count);
  count.probes = probes;
}

}  // namespace

void correct_lookups(Collection& collection) {
  const ServerFacts& server = collection.server;
  Lookups& known = collection.remembered.lookups;
  const Change change = change_since(known, collection);
  if (change == Change::kOtherRun) known = {};
  const ProbeLedger::Totals probes = ours(collection);
  follow(known.hits, change, probes.hits, server.keyspace_hits);
  follow(known.misses, change, probes.misses, server.keyspace_misses);
  known.read = collection.now;
  known.run_id = server.run_id;
  known.counters = counters_of(server);
  collection.out.add(collection.families[Metric::kKeyspaceHitsCorrected],
                     known.hits.of_applications);
  collection.out.add(collection.families[Metric::kKeyspaceMissesCorrected],
                     known.misses.of_applications);
}

}  // namespace hitwatch::redis
