// Which sentinels there are: those of the configuration, and whom they name, and whom those name.
//
// One sentinel may be known by several addresses: by a name in the configuration, by an IP address
// to the others. It is the same if the id is, or the address that a connection to it has led to;
// its first address stays. A sentinel that was learnt belongs to them for as long as somebody names
// it who can be reached from the configuration; what one has told before it stopped answering holds
// on.
#pragma once

#include <string>
#include <vector>

#include "collectors/topology/sentinel_replies.h"

namespace hitwatch::topology {

struct KnownSentinel {
  std::string address;
  std::string id;         // by its own word, SENTINEL MYID; "" unknown
  std::string connected;  // `host:port` that a connection to it has led to; "" unknown
  bool configured = false;
  bool answers = false;
  const ToldMasters* told = nullptr;  // null before it has answered
};

struct SentinelCensus {
  // For each of the known ones, in their order:
  std::vector<bool> named;  // or of the configuration
  std::vector<bool> same;   // as one before it
  std::vector<bool> down;   // most of those that answer and name it get no answer from there
  // New ones, as many as there is room for, by address.
  std::vector<std::string> found;
};

// `known`: those of the configuration first.
SentinelCensus count_sentinels(const std::vector<KnownSentinel>& known);

}  // namespace hitwatch::topology
