// Follows what sentinels know of the masters they watch.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "collectors/topology/options.h"
#include "collectors/topology/watch.h"

namespace hitwatch::topology {

class SentinelWatch : public Watch {
 public:
  SentinelWatch(Surroundings surroundings, SentinelOptions options, const Pace& pace);

  void start() override;
  void stop() override;
  void set_pace(const Pace& pace) override;
  void polled(const std::string& target, const Observed& observed) override;
  std::shared_ptr<const Outcome> latest() const override;

 private:
  const Surroundings surroundings_;
  const SentinelOptions options_;
  Pace pace_;

  mutable std::mutex mutex_;
  std::shared_ptr<const Outcome> latest_;
};

}  // namespace hitwatch::topology
