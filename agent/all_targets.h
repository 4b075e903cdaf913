// Which targets this daemon watches, of all that are named or found.
#pragma once

#include <compare>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/log/log.h"
#include "agent/same_servers.h"
#include "agent/target_lists.h"

namespace hitwatch {

// Not thread-safe.
class AllTargets {
 public:
  // Targets that are left out and told of one by one; of further ones only their number is told.
  static constexpr std::size_t kMostTold = 10;

  // The log must outlive this.
  explicit AllTargets(log::Log& log) : log_(log) {}

  struct Chosen {
    std::vector<redis::Target> targets;  // of this daemon's shard, with credentials applied
    std::size_t elsewhere = 0;           // those of other shards
  };
  // The targets of the configuration, then those of the lists, then those discovered. A name that
  // is taken is left out, which is told of once for as long as it lasts. So is, without a word, a
  // discovered server whose address is taken: other entries may know it as well; or that is one of
  // these under another address, as `same_servers` knows of polls. What is known of its place, and
  // the labels that say so (cluster, shard, master_name), those get that are it.
  //
  // Where shards are shared, who has a target is decided without what polls tell: two daemons know
  // different polls. So a server that is of another shard under its other address stays there, too.
  Chosen choose(const config::Config& config, const TargetLists& lists,
                const std::vector<redis::Target>& discovered, SameServers& same_servers);

 private:
  struct LeftOut {
    std::string name;
    std::string origin;
    std::string taken_by;  // the origin of the one that has the name
    auto operator<=>(const LeftOut&) const = default;
  };
  void tell(std::set<LeftOut> left_out);

  log::Log& log_;
  std::set<LeftOut> told_;
};

}  // namespace hitwatch
