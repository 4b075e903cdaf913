// Looks at the keys of the targets: samples each at its interval, and makes the rounds of
// `keys.check`. Has a thread of its own, since what it computes after a round would hold up polls.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/config/config.h"
#include "agent/log/log.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "agent/targets.h"
#include "collectors/redis/families.h"
#include "collectors/redis/probe_ledger.h"

namespace hitwatch {

class Keyspace {
 public:
  // The references must outlive this.
  Keyspace(const redis::Families& families, redis::ProbeLedger& ledger, log::Log& log);
  // Ends all rounds and the thread.
  ~Keyspace();
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  // Any thread: look at exactly these from now on. Targets that stay keep their figures.
  void update(const WatchedTargets& targets, const config::Config& config);

 private:
  class Watch;

  const redis::Families& families_;
  redis::ProbeLedger& ledger_;
  log::Log& log_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  net::Resolver resolver_;
  net::TlsContexts tls_contexts_;
  std::vector<std::shared_ptr<Watch>> watches_;  // of the thread
  std::thread thread_;
};

}  // namespace hitwatch
