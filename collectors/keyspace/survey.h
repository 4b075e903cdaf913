// One round of looking at the keys of one server: samples them, or reads them all, and ends with a
// Report. Sends nothing but INFO, SELECT, SCAN, RANDOMKEY, MEMORY USAGE, PTTL and, to replicas of a
// cluster, READONLY; writes nothing.
//
// All calls and callbacks are on the executor's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "collectors/keys/matcher.h"
#include "collectors/keyspace/report.h"
#include "collectors/redis/probe_ledger.h"
#include "collectors/redis/session.h"
#include "collectors/redis/target.h"

namespace hitwatch::keyspace {

struct SurveyOptions {
  bool full = false;                  // every key instead of a sample
  std::size_t size = 10'000;          // keys to sample
  double budget = 0.01;               // of the server's time; 1 is unpaced
  std::vector<int> databases;         // empty: all
  std::size_t most_tenants = 10'000;  // that have groups of their own; the rest is "overflow"
  redis::Session::Options session;    // but for its longest_string
  std::string instance;               // for the ledger
};

// What one round leaves for the next of the same target. Of one thread.
struct Remembered;
std::shared_ptr<Remembered> make_remembered();

struct Progress {
  std::uint64_t keys_read = 0;
  std::uint64_t keys_total = 0;  // to be read: the sample's size, or all keys
  std::chrono::duration<double> elapsed{};
};

class Survey {
 public:
  struct Callbacks {
    // The server has said what it holds, nothing else has been asked yet: whether to go on. May be
    // empty. A refusal ends the survey with an empty report.
    std::function<bool(const Report&)> begin;
    std::function<void(const Progress&)> progress;            // now and then; may be empty
    std::function<void(std::shared_ptr<const Report>)> done;  // once, and last
  };

  // The references must outlive the survey. `matcher` is used on the executor's thread only.
  static std::shared_ptr<Survey> start(boost::asio::any_io_executor executor,
                                       net::Resolver& resolver, net::TlsContexts& tls_contexts,
                                       redis::Target target, SurveyOptions options,
                                       std::shared_ptr<keys::Matcher> matcher,
                                       redis::ProbeLedger& ledger,
                                       std::shared_ptr<Remembered> remembered, Callbacks callbacks);
  virtual ~Survey() = default;

  // Ends it with what is known so far: a report that is not complete.
  virtual void finish_now() = 0;
  // Ends it; nobody is called any more.
  virtual void cancel() = 0;
};

}  // namespace hitwatch::keyspace
