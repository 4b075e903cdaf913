// Rounds of checks of a real server.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "collectors/keyspace/checks.h"
#include "tests/system/application.h"
#include "tests/system/harness.h"

namespace hitwatch::keyspace {

class ChecksDriver {
 public:
  explicit ChecksDriver(const std::string& url);

  CheckOptions options;  // before the first round
  redis::Target target;
  redis::ProbeLedger ledger;
  boost::asio::io_context loop;

  Checks& checks();
  // One round to its end. `result` is then its.
  void run();
  CheckResult result;

  // The value of `redis_<name>{<labels>}` in the last snapshot.
  std::optional<double> value(const std::string& name, const std::string& labels = "") const;
  // The series of a family, as `labels value`, sorted.
  std::vector<std::string> series(const std::string& name) const;
  bool has_note(const std::string& part) const;
  std::uint64_t lookups() const;

 private:
  net::Resolver resolver_{loop.get_executor()};
  net::TlsContexts tls_contexts_;
  metrics::FamilyRegistry registry_;
  redis::Families families_{registry_, "redis"};
  std::unique_ptr<Checks> checks_;
};

// The sum of the server's keyspace_hits and keyspace_misses.
std::uint64_t lookups_of(const test::RedisServer& server);
// Errors that the server has replied.
std::uint64_t errors_of(const test::RedisServer& server);
double info_number(const test::RedisServer& server, const std::string& field);

}  // namespace hitwatch::keyspace
