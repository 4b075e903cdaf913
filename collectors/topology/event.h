// Something that happened to an installation: what people look for after an incident.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitwatch::topology {

// Words for Event::kind. Those of single servers come from their polls, the others from sentinels
// and clusters.
namespace event_kind {
constexpr std::string_view kDown = "down";                     // the server stopped answering
constexpr std::string_view kUp = "up";                         // it answers again
constexpr std::string_view kRestarted = "restarted";           // another run id
constexpr std::string_view kReconnected = "reconnected";       // the kept connection had been lost
constexpr std::string_view kRoleChanged = "role_changed";      // by its own word
constexpr std::string_view kMasterChanged = "master_changed";  // of a replica, by its own word
constexpr std::string_view kFailover = "failover";         // a group or shard has another master
constexpr std::string_view kNodeAdded = "node_added";      // a server belongs to it now
constexpr std::string_view kNodeRemoved = "node_removed";  // or no longer
constexpr std::string_view kNodeFailed = "node_failed";    // the cluster, or a sentinel, says so
constexpr std::string_view kNodeRecovered = "node_recovered";  // or no longer
constexpr std::string_view kSlotsMoved = "slots_moved";        // to another shard
constexpr std::string_view kDisagreement = "disagreement";     // sentinels, or nodes, contradict
constexpr std::string_view kAgreement = "agreement";           // or no longer
constexpr std::string_view kSourceLost = "source_lost";        // nobody answers who is there
constexpr std::string_view kSourceFound = "source_found";      // somebody does again
}  // namespace event_kind

struct Event {
  std::chrono::system_clock::time_point time;
  std::string kind;      // one of event_kind
  std::string group;     // name of the cluster, or of the master that sentinels watch; "" for none
  std::string instance;  // the target's name that it is about; "" for none
  std::string from;      // what was, and what is now: addresses, roles, slot ranges; "" for none
  std::string to;
  std::string told_by;  // the sentinel's or node's address; "" for a poll of the server itself
  // Whose group it is, as redis::Place::source; filled in by who has the source.
  std::string source = {};
  std::uint64_t left_out = 0;  // not one: so many more of its kind and group, which are not told
};

}  // namespace hitwatch::topology
