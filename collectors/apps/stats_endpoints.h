// Polls applications' own statistics over HTTP and counts what they say.
//
// An endpoint's numbers are totals since the application started. The first answer goes into our
// totals as it is, later ones by how much they grew; a number that fell is a restart of the
// application, and all of it is new.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/log/log.h"
#include "agent/net/error.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "collectors/apps/options.h"
#include "collectors/lookups/store.h"

namespace hitwatch::apps {

struct EndpointTotals {
  double hits;
  double misses;
};
// Reads the two totals of an answer: whole numbers from 0 to 2^53. Fails with Reason::kProtocol and
// a sentence.
std::expected<EndpointTotals, net::Error> read_totals(std::string_view body,
                                                      const StatsEndpoint& endpoint);

class StatsEndpoints {
 public:
  static constexpr std::size_t kMaxBody = 1U << 20;

  // Everything runs on `executor`; the references must outlive this.
  StatsEndpoints(boost::asio::any_io_executor executor, net::Resolver& resolver,
                 net::TlsContexts& tls_contexts, lookups::Store& store, log::Log& log);
  ~StatsEndpoints();
  StatsEndpoints(const StatsEndpoints&) = delete;
  StatsEndpoints& operator=(const StatsEndpoints&) = delete;

  // Any thread: poll exactly these from now on. Endpoints that stay, or come back, keep what was
  // last counted of them.
  void update(std::vector<StatsEndpoint> wanted);
  // Any thread: ends all polling; call before the executor's context stops.
  void stop();

  // Any thread.
  struct State {
    std::string url;  // without its query, which may be a secret
    bool up = false;
    std::uint64_t polls = 0;
    std::uint64_t failures = 0;
    net::Error error;  // of the last poll
  };
  std::vector<State> states() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace hitwatch::apps
