#include "collectors/topology/cluster_watch.h"

#include <utility>

namespace hitwatch::topology {

ClusterWatch::ClusterWatch(Surroundings surroundings, ClusterOptions options, const Pace& pace)
    : surroundings_(std::move(surroundings)), options_(std::move(options)), pace_(pace) {}

void ClusterWatch::start() {}

void ClusterWatch::stop() {}

void ClusterWatch::set_pace(const Pace& pace) { pace_ = pace; }

void ClusterWatch::polled(const std::string&, const Observed&) {}

std::shared_ptr<const Outcome> ClusterWatch::latest() const {
  const std::scoped_lock lock(mutex_);
  return latest_;
}

}  // namespace hitwatch::topology
