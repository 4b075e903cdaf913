// The rounds of `keys.check` at one target. Of Keyspace's thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "agent/keyspace_log.h"
#include "agent/keyspace_watch.h"
#include "agent/rounds.h"
#include "agent/turns.h"
#include "collectors/keyspace/checks.h"
#include "collectors/redis/session.h"

namespace hitwatch {

class Keyspace::Checking {
 public:
  // The references must outlive this.
  Checking(Keyspace& keyspace, Watch& watch);
  // Breaks off the round under way.
  ~Checking();

  // Follows the settings of `keyspace`.
  void configure();

 private:
  // A round under way. Whoever calls back for one that was broken off finds it gone.
  struct Round {
    trace::Time start = std::chrono::system_clock::now();
    Turns::Turn turn;
  };

  void begin();
  void start_checks();
  void on_result(const keyspace::CheckResult& result);
  void end_round();
  void break_off();
  void publish(const keyspace::CheckResult& result);

  Keyspace& keyspace_;
  Watch& watch_;
  const std::string name_;
  Rounds rounds_;
  std::shared_ptr<Round> round_;
  // Made anew when what they were made of has changed.
  std::unique_ptr<keyspace::Checks> checks_;
  keyspace::CheckOptions options_;
  redis::Session::Options session_;
  KeyspaceLog log_;
  Rounds::Clock::time_point read_at_;  // when something was last read; the epoch if never
};

}  // namespace hitwatch
