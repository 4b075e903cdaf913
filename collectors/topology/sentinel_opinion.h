// Who is master and who belongs to it, by what the sentinels tell: a step over a state that holds
// no clock and asks nobody.
//
//   - The master is the address that most of the answering sentinels name. As many votes for two:
//     the higher config-epoch, then the one that was master before. Where none answers, all stays.
//   - What belongs to it is told by those that name that master: their replicas, all of them. A
//     server that none of them lists any more stays for kLingers: sentinels that are reset forget
//     replicas for some seconds, and in a failover some have forgotten the old master.
//   - Down is who most of those that list it hold for down. It stays what it is: a target. One that
//     lists a server without a run id has not heard from it: after a failover or a reset sentinels
//     list all anew, and see only later that the old master is down. It changes nothing until then.
//   - The same run id at two addresses is one server under two names. It keeps the one it had:
//   votes
//     for either are votes for it, and another name is no failover.
//   - Sentinels that contradict each other for kDisagreementHolds are an event; in a failover they
//     do so for a moment. So is a server that says it is something else for kClaimHolds, the time
//     in which sentinels bring a returned master into line.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/topology/event.h"
#include "collectors/topology/sentinel_replies.h"

namespace hitwatch::topology {

// What one sentinel told of one master.
struct Testimony {
  std::string sentinel;  // its address
  const ToldMaster* told;
};

struct OpinionTime {
  std::chrono::steady_clock::time_point now;
  std::chrono::system_clock::time_point wall;  // for events
};

struct SentinelGroup {
  static constexpr std::chrono::seconds kLingers{20};
  static constexpr std::chrono::seconds kDisagreementHolds{5};
  static constexpr std::chrono::seconds kClaimHolds{20};

  // Something that is told once it has held for a while, and once more when it is over.
  struct Held {
    std::optional<std::chrono::steady_clock::time_point> since;
    bool told = false;
  };
  struct Member {
    std::string run_id;
    bool down = false;
    std::chrono::steady_clock::time_point listed;  // last
    std::string claim;  // its role by its own word: "master", "replica"; "" unknown
    Held contradicts;
  };

  explicit SentinelGroup(std::string master_name) : name(std::move(master_name)) {}

  const std::string name;
  std::string master;       // the address; "" before anybody answered
  std::string told_by;      // a sentinel that names it
  std::size_t dissent = 0;  // answering sentinels that name another
  std::uint64_t failovers = 0;
  std::map<std::string, Member> members;  // by address, the master among them
  std::size_t left_out = 0;               // that are listed, but for which there was no room

  // `testimonies`: of all sentinels that answer and watch this master. `room`: how many members it
  // may have, at most kMostReplicasOfMaster beside the master, who always finds room.
  std::vector<Event> consider(std::span<const Testimony> testimonies, const OpinionTime& time,
                              std::size_t room = kMostReplicasOfMaster + 1);
  // What a member says of itself; true if that is news and contradicts the sentinels.
  bool hear(const std::string& address, std::string_view role);
  // Whether time alone may change something.
  bool waits() const;

 private:
  class Step;
  Held disagreement_;
  bool waits_ = false;
};

}  // namespace hitwatch::topology
