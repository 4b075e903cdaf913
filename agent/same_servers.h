// Notices servers that are watched under several addresses: their figures count twice in every sum.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/log/log.h"
#include "collectors/redis/poll_result.h"
#include "collectors/redis/target.h"

namespace hitwatch {

// Any thread, one at a time.
class SameServers {
 public:
  static constexpr std::size_t kMostTold = 20;  // pairs; beyond, it keeps silent

  // The log must outlive this.
  explicit SameServers(log::Log& log) : log_(log) {}

  // The outcome of a poll. Tells, once for each pair, that a server says the same run id as one
  // that is watched under another address. One address under several names, or with several
  // databases, was meant so.
  void polled(const redis::Target& target, const redis::TargetState& state);

 private:
  struct Server {
    std::string name;
    std::string address;
  };
  void forget_run(const std::string& name);

  log::Log& log_;
  std::map<std::string, Server> by_run_;       // who said a run id first
  std::map<std::string, std::string> run_of_;  // of a target by name: what it said last
  std::set<std::pair<std::string, std::string>> told_;
};

}  // namespace hitwatch
