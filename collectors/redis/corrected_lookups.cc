// Hits and misses of a server as its applications see them: our own looks at keys are no lookups of
// theirs.
//
// Ours are counted when they are sent, the server's when it executes them: in between the
// difference would dip, and a counter that falls is taken for a restart. So the former value stands
// until the difference has passed it.
#include <algorithm>

#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

double number(std::uint64_t count) { return static_cast<double>(count); }

// A server without a run id cannot be told from others.
ProbeLedger::Totals ours(const Collection& collection) {
  const std::string& run_id = collection.server.run_id;
  if (collection.probes == nullptr || run_id.empty()) return {};
  return collection.probes->of_run(run_id);
}

// Makes `known` one of the server's present count: counts start over with a run of the server, and
// with CONFIG RESETSTAT.
void follow_resets(Collection& collection) {
  const ServerFacts& server = collection.server;
  Remembered::Lookups& known = collection.remembered.lookups;
  const bool same_run = known.run_id == server.run_id;
  const bool fell =
      server.keyspace_hits < known.hits_read || server.keyspace_misses < known.misses_read;
  if (same_run && !fell) return;
  if (same_run && collection.probes != nullptr) collection.probes->reset(server.run_id);
  known = {};
  known.run_id = server.run_id;
}

}  // namespace

void correct_lookups(Collection& collection) {
  follow_resets(collection);
  const ServerFacts& server = collection.server;
  Remembered::Lookups& known = collection.remembered.lookups;
  const ProbeLedger::Totals probes = ours(collection);
  known.hits_read = server.keyspace_hits;
  known.misses_read = server.keyspace_misses;
  known.hits = std::max(known.hits, server.keyspace_hits - number(probes.hits));
  known.misses = std::max(known.misses, server.keyspace_misses - number(probes.misses));
  collection.out.add(collection.families[Metric::kKeyspaceHitsCorrected], known.hits);
  collection.out.add(collection.families[Metric::kKeyspaceMissesCorrected], known.misses);
}

}  // namespace hitwatch::redis
