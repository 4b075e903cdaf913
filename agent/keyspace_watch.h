// One target of Keyspace: what it is among the others, and its rounds. Of Keyspace's thread.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/keyspace.h"
#include "agent/keyspace_source.h"

namespace hitwatch {

class Keyspace::Watch : public std::enable_shared_from_this<Keyspace::Watch> {
 public:
  using Introduction = std::expected<Replication, net::Error>;

  Watch(Keyspace& keyspace, std::shared_ptr<WatchedTarget> watched);
  // Ends its rounds; nothing is published any more.
  ~Watch();

  // Asks the server what it is; `done` is called however that ends.
  void meet(std::function<void()> done);
  bool met() const { return met_; }
  // Begins the rounds that the settings want.
  void begin();
  // Follows settings that have changed, if the rounds have begun.
  void configure();

  // The same server under other labels or in another place: results go there from now on.
  void relabel(std::shared_ptr<WatchedTarget> watched);

  // What the server said at the beginning of a round.
  void note(const Introduction& introduction);

  // Its place among the watches.
  void set_number(std::size_t number) { number_ = number; }
  std::size_t number() const { return number_; }

  WatchedTarget& watched() const { return *watched_; }
  const redis::Target& target() const { return watched_->target; }
  Peer peer() const;
  // Found to be one, or said so: has no keys.
  bool is_sentinel() const;

 private:
  Keyspace& keyspace_;
  std::shared_ptr<WatchedTarget> watched_;
  std::size_t number_ = 0;
  std::shared_ptr<redis::Session> introduction_;
  bool met_ = false;
  bool begun_ = false;
  std::optional<Replication> replication_;  // what it last said
  bool reachable_ = false;                  // when it was last asked
  std::unique_ptr<Sampling> sampling_;
  std::unique_ptr<Checking> checking_;
};

}  // namespace hitwatch
