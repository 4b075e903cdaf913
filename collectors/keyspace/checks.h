// redis_exporter's metrics of keys, key groups and streams of one server, read off the scrape path:
// one round makes one snapshot. Nothing is sent that adds errors on the server, and nothing that
// touches the idle times and frequencies by which it evicts.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/metrics/snapshot.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "collectors/keyspace/options.h"
#include "collectors/redis/families.h"
#include "collectors/redis/probe_ledger.h"
#include "collectors/redis/session.h"
#include "collectors/redis/target.h"

namespace hitwatch::keyspace {

struct CheckResult {
  std::shared_ptr<const metrics::Snapshot> snapshot;  // null if nothing could be read
  bool complete = false;
  // What was refused, skipped or cut by a bound, for people. Without names of keys' values.
  std::vector<std::string> notes;
};

// One round at a time. All calls and callbacks are on the executor's thread.
class Checks {
 public:
  // The references must outlive this. Of `session`, longest_string is not used.
  static std::unique_ptr<Checks> make(boost::asio::any_io_executor executor,
                                      net::Resolver& resolver, net::TlsContexts& tls_contexts,
                                      const redis::Families& families, redis::Target target,
                                      CheckOptions options, redis::Session::Options session,
                                      redis::ProbeLedger& ledger);
  virtual ~Checks() = default;

  // Begins a round; `done` is called once, unless cancelled or destroyed before. Not while another
  // is under way.
  virtual void start(std::function<void(CheckResult)> done) = 0;
  virtual void cancel() = 0;
};

}  // namespace hitwatch::keyspace
