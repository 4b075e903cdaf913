// Counts exchanges: into the store of lookups, by key pattern, by server, operation and client, and
// who is hottest. Bounded; allocates nothing in the steady state. Of one thread.
//
// The store gets of each key what was found, the bytes of its values, and with the first key of a
// command its latency and whether it failed. Where a pattern matched it is told tenant and type;
// where none does, or a required tenant is missing, the key, so that it counts that as well. Its
// rules must be the same.
//
// Commands of hitwatch's own connections count in ServerFigures::own and nowhere else.
#pragma once

#include <memory>
#include <vector>

#include "collectors/keys/matcher.h"
#include "collectors/lookups/store.h"
#include "collectors/tap/report.h"
#include "collectors/tap/resp/exchange.h"

namespace hitwatch::tap {

class Tally final : public resp::ExchangeSink {
 public:
  // Without rules it proposes patterns of its own (shapes.h). `store` may be null.
  Tally(std::vector<keys::Rule> rules, lookups::Store* store);
  ~Tally() override;

  void exchange(const resp::Exchange& exchange) override;
  // Ends a batch: gives the store's lock back, which exchanges take.
  void flush();
  // Other rules from now on. What was counted by rules that stay, stays.
  void configure(std::vector<keys::Rule> rules);

  // Fills all but what the capture counts. Takes milliseconds where patterns are proposed.
  void report(Report& report) const;
  const std::vector<ServerFigures>& servers() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hitwatch::tap
