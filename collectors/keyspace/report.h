// What is known of the keys of a server after a round: plain data, immutable once published.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::keyspace {

// A figure with its 95 % interval. Exact ones have low == value == high.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;

  static Estimate exact(double value) { return {value, value, value}; }
  // Half the width of the interval over the value; nothing for a value of 0.
  std::optional<double> error_ratio() const {
    if (!(value > 0)) return std::nullopt;
    return (high - low) / 2 / value;
  }
};

// Of estimates whose errors have nothing to do with each other.
Estimate sum(std::span<const Estimate> estimates);

// How the keys of a round were chosen.
enum class Method : std::uint8_t {
  kFull,           // every key, by one whole SCAN
  kRandomCursors,  // pages of SCAN from cursors made up at random
  kRollingScan,    // pages of one SCAN that goes on from round to round
  kRandomKey,      // RANDOMKEY
  kNone            // nothing could be read, or there is nothing
};
// "full scan", "random cursors", "rolling scan", "random keys", "none"
const char* method_word(Method method);

// The keys of one type and tenant in one database. Keys that match no pattern stand under the type
// "unclassified".
struct Group {
  int database = 0;
  std::string type;
  std::string tenant;         // "" if its keys carry none; "overflow" past the limit on groups
  std::uint64_t sampled = 0;  // keys seen; 0 for a group known from earlier rounds only
  Estimate keys;
  // As MEMORY USAGE counts it. Nothing where that was refused.
  std::optional<Estimate> memory_usage_bytes;
  // The same, scaled where Report::calibration says so: what is shown as the group's size.
  std::optional<Estimate> size_bytes;
  // Nothing where no TTL was read in the whole database.
  std::optional<Estimate> keys_without_ttl;
  std::optional<Estimate> mean_ttl_seconds;  // of keys that have one; nothing if none was seen
};

struct Database {
  int index = 0;
  std::uint64_t keys = 0;     // exact, as the server says
  std::uint64_t expires = 0;  // of these with a TTL; exact
  std::uint64_t sampled = 0;
  Method method = Method::kNone;
  Estimate unclassified;
};

// Keys of a type that must carry a tenant and do not.
struct TenantlessType {
  int database = 0;
  std::string type;
  Estimate keys;
};

// A key by name, in full: whoever shows it decides on redaction (redacted_key()).
struct KeyExample {
  int database = 0;
  std::string name;
  std::string type;
  std::string tenant;
  std::uint64_t bytes = 0;  // by MEMORY USAGE; 0 if not known
};

// The first segments of keys that look like one convention in several spellings, such as
// "session", "Session" and "sessions".
struct ConventionDuplicate {
  int database = 0;
  struct Spelling {
    std::string text;  // with its separator: "session:"
    Estimate keys;
  };
  std::vector<Spelling> spellings;  // the most frequent first
};

// TTLs read in this round, by the bounds of ttl_bounds().
struct TypeTtls {
  int database = 0;
  std::string type;
  std::vector<std::uint64_t> counts;  // not cumulative; one more than bounds
  double sum_seconds = 0;
};
// Upper bounds in seconds, ascending, without +Inf.
const std::vector<double>& ttl_bounds();

struct Report {
  std::chrono::system_clock::time_point began;
  std::chrono::duration<double> took{};
  std::string server;  // address of the server that was asked: the target, or its replica
  std::string run_id;
  std::string role;
  bool full = false;      // every key of every database asked for was read: figures are exact
  bool complete = false;  // the round ended as planned; `notes` say why not
  // For people: what was refused, skipped, changed meanwhile. Without names of keys.
  std::vector<std::string> notes;

  std::uint64_t keys = 0;           // in the databases asked for; exact
  std::uint64_t keys_with_ttl = 0;  // exact
  std::uint64_t sampled = 0;
  std::uint64_t vanished = 0;    // between SCAN and the look at them
  std::uint64_t unreadable = 0;  // sampled, but MEMORY USAGE was refused, or the name is too long
  std::uint64_t ttls_read = 0;   // each added a hit to the server's own count
  std::uint64_t ttl_misses = 0;  // of keys that had gone: each added a miss
  std::uint64_t commands = 0;
  double server_seconds = 0;  // the server's time that the round took, by our round trips

  std::optional<Estimate> memory_usage_bytes;        // of all keys
  std::optional<std::uint64_t> used_memory_dataset;  // as INFO says
  // size_bytes = memory_usage_bytes x calibration, so that the sizes of all groups sum to
  // used_memory_dataset or, where that would make them more than a tenth bigger, come nearer to it;
  // 1 where that makes no sense (a note says why) and in full scans.
  double calibration = 1;

  std::vector<Database> databases;  // by index; only those with keys
  std::vector<Group> groups;        // by database, then size or else keys, descending
  std::vector<TenantlessType> without_tenant;
  std::vector<TypeTtls> ttls;
  std::vector<ConventionDuplicate> duplicates;
  std::vector<KeyExample> biggest;                // descending, at most 100
  std::vector<KeyExample> without_ttl_examples;   // the biggest of them, at most 20
  std::vector<KeyExample> unclassified_examples;  // at most 20, of different shapes if there are
  std::vector<KeyExample> tenantless_examples;    // at most 20
};

// Keys that no pattern matches, in all databases of the report.
Estimate unclassified_keys(const Report& report);

// A key's name for eyes that may not see it: at most 128 bytes, of which those that are not
// printable ASCII are `?`. Letters become `x` and digits `9`, all others stay. The first segment,
// up to the first ':', else '/', else '.', stays as it is if it looks like a word: one that begins
// with a letter and has nothing but letters, '-', '_' and two digits at most. A name without any of
// these separators may be an id as a whole.
std::string redacted_key(std::string_view name);

// A first segment by itself, with its separator or without, for the same eyes: as it is if it is a
// word, else redacted.
std::string redacted_segment(std::string_view segment);

}  // namespace hitwatch::keyspace
