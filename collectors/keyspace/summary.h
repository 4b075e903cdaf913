// From what was seen of a database to what is said about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collectors/keyspace/report.h"
#include "collectors/keyspace/tally.h"

namespace hitwatch::keyspace {

// What is known for certain about a database when the round ends.
struct DatabaseFacts {
  double keys = 0;     // as the server says
  double expires = 0;  // of these with a TTL
  Method method = Method::kNone;
  bool every_key = false;         // all were read: the tally is exact
  bool with_replacement = false;  // a key may have been drawn twice
};

// Appends the database, its groups and its examples to a report. `size_bytes` stays empty: that is
// for calibrate(), when all databases are in.
void summarize(const Tally& tally, const DatabaseFacts& facts, Report& report);

// Groups that earlier rounds knew and this one did not see, as (type, tenant) of one database: they
// get 0 keys and the bound that a sample without them gives.
void add_unseen(const std::vector<std::pair<std::string, std::string>>& groups, const Tally& tally,
                const DatabaseFacts& facts, Report& report);

// The keys of a group that the sample has not met.
Estimate unseen(const Tally& tally, const DatabaseFacts& facts, Report& report);

// Fills in size_bytes of all groups, once every database has been summarized: their shares of
// used_memory_dataset, if that is all of theirs (`whole_server`: no database was left out) and not
// much more than the sampled keys account for; else their memory as MEMORY USAGE has it.
void calibrate(bool whole_server, Report& report);

// Sorts groups and examples and cuts them to their bounds.
void arrange(Report& report);

}  // namespace hitwatch::keyspace
