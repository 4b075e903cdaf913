// A round of checks is a row of steps, one after the other: each asks the server about the keys of
// a selector and adds the metrics it is asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "agent/metrics/snapshot.h"
#include "agent/net/error.h"
#include "collectors/keyspace/checked_server.h"
#include "collectors/keyspace/conversation.h"
#include "collectors/keyspace/key_groups.h"
#include "collectors/keyspace/options.h"
#include "collectors/redis/families.h"

namespace hitwatch::keyspace {

// Keys of one selector that are looked at.
inline constexpr std::size_t kMostKeysOfSelector = 10'000;
// Keys with longer names are not looked at, except where the configuration names them.
inline constexpr std::size_t kLongestName = 4096;
// Strings in replies are cut to this length.
inline constexpr std::size_t kLongestString = 64U << 10;
// Of all streams in one round.
inline constexpr std::size_t kMostStreamGroups = 10'000;
inline constexpr std::size_t kMostStreamConsumers = 10'000;

// What a round could not do, by why. Sums and not single cases: a note for each key would be many.
enum class Shortfall : std::uint8_t {
  kSelectorCut,         // selectors that match more keys than are looked at
  kScanRefused,         // scans that could not be ended
  kCountUncertain,      // counts that may hold keys twice
  kLongNames,           // keys passed over because of their names' length
  kOtherNodes,          // keys of the configuration that are another node's
  kForeignKeys,         // keys found here that are another node's
  kSlotsUnknown,        // keys of the configuration that may be another node's
  kValuesCut,           // values of which only the beginning is a label
  kValuesTooLong,       // values that were not read
  kStreamGroupsCut,     // streams whose groups are too many
  kStreamConsumersCut,  // groups whose consumers are too many
  kGroupsCut,           // databases with more groups of keys than are counted
  kGroupsCostly,        // keys that patterns could not be matched with in time
  kGroupsGivenUp,       // databases whose groups were given up for that
  kMemoryUnknown,       // keys of groups whose memory the server did not say
  kStreamsUntouchable,  // selectors of streams that cannot be read without touching the streams
  kNoDatabase,          // selectors of databases that cannot be selected
};

// What the steps of a round share.
struct CheckRound {
  Conversation& conversation;
  CheckedServer server;
  const CheckOptions& options;
  const redis::Families& families;
  metrics::SnapshotBuilder& out;

  std::map<Shortfall, std::uint64_t> shortfalls;
  std::unordered_set<std::string> keys_done;     // database:name, that no selector needs again
  std::unordered_set<std::string> streams_done;  // the same of streams
  std::size_t stream_groups = 0;                 // series so far
  std::size_t stream_consumers = 0;

  void fell_short(Shortfall why, std::uint64_t times = 1) { shortfalls[why] += times; }
  void add(redis::Metric metric, double value, std::initializer_list<metrics::LabelView> labels) {
    out.add(families[metric], value, labels);
  }
};

class CheckStep {
 public:
  // An error: the connection is gone. Else the step is through, whatever it could not do.
  using Done = std::function<void(std::optional<net::Error>)>;

  virtual ~CheckStep() = default;
  // `done` is called once, unless the conversation is closed before. The step must not be destroyed
  // from within `done`.
  virtual void run(Done done) = 0;
};

// `round` outlives the steps.
std::unique_ptr<CheckStep> make_count_step(CheckRound& round, KeySelector selector);
std::unique_ptr<CheckStep> make_keys_step(CheckRound& round, KeySelector selector, bool by_name);
std::unique_ptr<CheckStep> make_streams_step(CheckRound& round, KeySelector selector, bool by_name);
// Of all keys of one database. `names` outlives the step.
std::unique_ptr<CheckStep> make_groups_step(CheckRound& round, int database, GroupNames& names);

// A selector that has none of SCAN's special characters is a key's name.
bool is_glob(std::string_view text);

// "db0"
std::string database_label(int database);

// A key's name, or other bytes of a server, as a label: what is no UTF-8 is written \xff, so that
// two names do not become one.
std::string label_text(std::string_view bytes);

// Removes the keys that are another node's of the cluster, or may be.
void keep_own_keys(CheckRound& round, std::vector<std::string>& names, bool by_name);

}  // namespace hitwatch::keyspace
