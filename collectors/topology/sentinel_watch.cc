#include "collectors/topology/sentinel_watch.h"

#include <utility>

namespace hitwatch::topology {

SentinelWatch::SentinelWatch(Surroundings surroundings, SentinelOptions options, const Pace& pace)
    : surroundings_(std::move(surroundings)), options_(std::move(options)), pace_(pace) {}

void SentinelWatch::start() {}

void SentinelWatch::stop() {}

void SentinelWatch::set_pace(const Pace& pace) { pace_ = pace; }

void SentinelWatch::polled(const std::string&, const Observed&) {}

std::shared_ptr<const Outcome> SentinelWatch::latest() const {
  const std::scoped_lock lock(mutex_);
  return latest_;
}

}  // namespace hitwatch::topology
