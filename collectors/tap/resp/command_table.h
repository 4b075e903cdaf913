// What Redis' commands do with keys, and what their replies tell: a table.
//
// Where keys stand is after COMMAND DOCS' key specifications
// (https://redis.io/docs/latest/develop/reference/key-specs/); which lookups count as
// keyspace_hits and keyspace_misses was measured on Redis 7.0.15 and read in db.c (lookupKey and
// its flags) of later ones.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hitwatch::resp {

// Where the keys of a command stand among its arguments, its name being argument 0.
struct KeyPlaces {
  enum class Kind : std::uint8_t {
    kNone,
    kRange,  // from `first` to `last`, each `step`; a negative `last` counts from the end
    // Argument `last` is how many there are, and they follow, each `step`; `first`, if not 0, as
    // well.
    kCounted,
    kStreams,  // the first half of what follows the word STREAMS
  };
  Kind kind = Kind::kNone;
  std::int8_t first = 0;
  std::int8_t last = 0;
  std::int8_t step = 1;
};

// What a command asks for, and how its reply is the answer. A reply is empty if it is nil, an empty
// string or collection, or 0.
enum class Asks : std::uint8_t {
  kNothing,
  kValue,       // nil: the key is not there
  kValues,      // an element for each key
  kPaths,       // an element for each key; nil also where the key is there
  kFields,      // one nil or not, or an element for each field: of a key that may be there anyway
  kOwnFields,   // as above, but no lookup is counted
  kCollection,  // empty: the key is not there
  kPart,        // empty: not there, or no such part of it
  kAny,         // an element for each that was asked for, each nil or 0 if not there
  kTimes,       // an element for each field, -2 if not there
  kScan,        // cursor and elements
  kHowMany,     // how many of the keys are there
  kTimeToLive,  // -2: the key is not there
  kPosition,    // below 1: not there, or nothing found
  kType,        // "none"
  kThere,       // no error: the key is there
  kEither,      // the reply tells nothing
  kAll,         // of several keys: not empty if all are there
  kUnion,       // of several keys: empty if none is there
  kSome,        // of several keys: not empty if at least one is there
  kFirst,       // of several keys: not empty if at least the first is there
  kUnseen,      // it looks up what only the server knows
};

// Whose lookups are meant: COPY reads its first key, SINTERSTORE all but its first one.
enum class Sources : std::uint8_t { kAllKeys, kFirstKey, kAfterFirst };

// Kinds of replies; errors are always possible.
enum Shape : std::uint16_t {
  kOk = 1U << 0U,  // +OK
  kSimple = 1U << 1U,
  kInteger = 1U << 2U,
  kBulk = 1U << 3U,
  kNull = 1U << 4U,
  kArray = 1U << 5U,
  kMap = 1U << 6U,
  kSetOf = 1U << 7U,
  kDouble = 1U << 8U,
  kBoolean = 1U << 9U,
  kBigNumber = 1U << 10U,
  kAnyShape = 0xffff,
};

// Bounds of what a reply says.
enum class Bound : std::uint8_t {
  kNone,
  kFlag,      // 0 or 1
  kKeys,      // a number up to that of the keys
  kPerKey,    // an element for each key
  kPerField,  // an element for each further argument
  kPairs,     // an even number of elements
};

// Arguments that change what a command asks for.
enum class Words : std::uint8_t {
  kNone,
  kSet,       // GET
  kSort,      // BY, GET and LIMIT
  kRange,     // 0 -1: everything
  kCount,     // a count, which may be 0
  kStreams,   // BLOCK
  kBitfield,  // SET and INCRBY
  kPop,       // a count: SPOP that empties its set looks it up as a read, too
};

// What a command does to its connection.
enum class Effect : std::uint8_t {
  kNone,
  kMulti,
  kExec,
  kDiscard,
  kAtOnce,  // is not queued by MULTI
  kReset,
  kSubscribe,
  kPsubscribe,
  kSsubscribe,
  kUnsubscribe,
  kPunsubscribe,
  kSunsubscribe,
  kReply,    // CLIENT REPLY
  kName,     // CLIENT SETNAME
  kLibrary,  // CLIENT SETINFO
  kHello,
  kReplicate,  // no more requests and replies from here
  kTakeOver,   // the same as soon as the server agrees
};

struct CommandRow {
  std::string_view name;  // in capitals: "GET", "CLIENT REPLY"
  bool is_read = false;   // gets values: its outcome is a hit or miss of the cache
  bool is_write = false;
  bool blocks = false;
  bool has_subcommands = false;  // the name of one is argument 1
  KeyPlaces keys = {};
  Asks asks = Asks::kNothing;
  Sources sources = Sources::kAllKeys;
  std::uint16_t shapes = kAnyShape;
  Bound bound = Bound::kNone;
  Words words = Words::kNone;
  Effect effect = Effect::kNone;
  // Which arguments are values that it writes: from this one on (0: none), each `value_step`; 0:
  // only that one.
  std::uint8_t value_from = 0;
  std::uint8_t value_step = 0;
};

// Sorted by name.
std::span<const CommandRow> command_table();
// The row of a command, in whatever case; the row for unknown ones, which has no name, if the table
// lacks it.
const CommandRow& find_command(std::string_view name);
// Of a command with subcommands, the row of one; its own if the table lacks that.
const CommandRow& find_subcommand(const CommandRow& command, std::string_view name);

// Rows as small numbers.
std::uint16_t index_of(const CommandRow& row);
const CommandRow& row_at(std::uint16_t index);

}  // namespace hitwatch::resp
