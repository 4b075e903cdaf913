// One command and its reply, as they passed on the wire.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "collectors/tap/packets/segment.h"

namespace hitwatch::resp {

struct CommandRow;

// What Redis counts of a read: keyspace_hits and keyspace_misses of INFO.
enum class Lookup : std::uint8_t {
  kNone,       // it counts nothing
  kHit,        // the key was there
  kMiss,       // it was not
  kUndecided,  // one of both, which the reply does not tell: HGET of a field that is not there
};

// What one command did with one key. Of commands that take several and answer for all at once
// (EXISTS a b, SUNION) the lookups of each may be undecided while their total is known; the values
// that they return count for the first key.
struct KeyUse {
  std::string_view key;
  // At the level of data: found or nil, each value that was asked for: one of GET, as many as there
  // are fields of HMGET; none of commands that do not get values.
  std::uint32_t hits = 0;
  std::uint32_t misses = 0;
  Lookup lookup = Lookup::kNone;
  std::uint64_t bytes_in = 0;   // of the values written, as the request gives them
  std::uint64_t bytes_out = 0;  // of the values read, as the reply gives them
};

enum class ReplyError : std::uint8_t {
  kNone,
  kRedirected,  // MOVED, ASK, TRYAGAIN, CLUSTERDOWN: another node is to be asked
  kRefused,     // before it was executed: NOAUTH, NOPERM, LOADING, OOM, READONLY, wrong arity, …
  kFailed,      // while it was executed: WRONGTYPE, "not an integer", a script's error
};

// The connection of an exchange.
struct Peer {
  packets::Endpoint client;
  packets::Endpoint server;
  std::uint16_t network_namespace = 0;  // of both
  std::string_view library;  // of CLIENT SETINFO LIB-NAME, else CLIENT SETNAME; cut; may be empty
  bool is_ours = false;      // hitwatch's own
};

// Views stand during the call.
struct Exchange {
  const CommandRow* command;  // never null; a row of its own stands for what the table lacks
  std::string_view name;      // in capitals, with its subcommand: "GET", "CONFIG GET"; "?": none
  const Peer* peer;
  std::span<const KeyUse> keys;  // at most kMaxKeys, those beyond are in `more`
  // All lookups of the command, keys beyond the bound included. A nil of MGET is a miss: that the
  // key may hold another type, which Redis counts as a hit, cannot be seen.
  struct Lookups {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t undecided = 0;
  } lookups;
  ReplyError error = ReplyError::kNone;
  std::string_view error_code = {};  // "WRONGTYPE"; at most 32 bytes
  bool in_transaction = false;       // executed by EXEC, whose own exchange follows
  // Scripts and functions look up what is not seen; XREAD looks up its keys twice and, when it has
  // waited, again; a read of several keys that fails may have looked up some; and so on.
  bool has_unseen_lookups = false;
  // INFO's total_commands_processed counts it. Not those that were refused or redirected, nor a
  // command of a transaction when it is queued but when EXEC executes it, of which this tells;
  // MULTI, EXEC and those that failed while they were executed count. What scripts call inside is
  // counted by Redis, too, and not seen.
  bool executed = true;
  // It ran without a reply (CLIENT REPLY OFF, SKIP): what it found is not known.
  bool without_reply = false;
  std::uint64_t request_bytes = 0;
  std::uint64_t reply_bytes = 0;  // 0 in a transaction
  packets::Time time = 0;         // of the reply's first byte; of the request without one
  // From the request's last byte to the reply's first one, at the place of the tap: the time the
  // request waited for the server, and its execution. Negative: not known, or means nothing
  // (blocking commands, transactions, repeated segments).
  packets::Time latency = -1;
};

class ExchangeSink {
 public:
  virtual ~ExchangeSink() = default;
  virtual void exchange(const Exchange& exchange) = 0;
};

// What was not counted, and why. Of all connections.
struct Doubts {
  std::uint64_t gaps = 0;  // bytes were missed that mattered
  // Outstanding when a gap or a contradiction came, at least; and those of very deep pipelines for
  // which there was no room, of which only the replies were counted.
  std::uint64_t lost_requests = 0;
  std::uint64_t contradictions = 0;  // replies that do not fit their requests, or are no RESP
  std::uint64_t pickups = 0;        // connections that were met in their middle and are counted now
  std::uint64_t too_many_keys = 0;  // keys beyond the bounds: of one command, or outstanding ones
  std::uint64_t tls_connections = 0;          // encrypted: not observable
  std::uint64_t replication_connections = 0;  // and MONITOR: not counted by design
  std::uint64_t skipped_while_unsure = 0;     // segments of requests before a connection is trusted
  std::uint64_t pushes = 0;                   // messages that answer no command
};

}  // namespace hitwatch::resp
