// Reports as the tap makes them of keys that were read and written.
#pragma once

#include <string>
#include <string_view>

#include "collectors/tap/report.h"
#include "collectors/tap/tally.h"
#include "tests/tap/scripted_exchange.h"

namespace hitwatch::cli::test {

class ReportOf {
 public:
  explicit ReportOf(std::vector<keys::Rule> rules = {}) : tally_(std::move(rules), nullptr) {}

  ReportOf& hits(std::string_view key, int times, std::uint64_t bytes = 100) {
    for (int i = 0; i < times; ++i) take("GET", tap::test::hit(key, bytes));
    return *this;
  }
  ReportOf& misses(std::string_view key, int times) {
    for (int i = 0; i < times; ++i) take("GET", tap::test::miss(key));
    return *this;
  }
  ReportOf& writes(std::string_view key, int times, std::uint64_t bytes = 100) {
    for (int i = 0; i < times; ++i) take("SET", tap::test::write(key, bytes));
    return *this;
  }

  tap::Report get() const {
    tap::Report report;
    tally_.report(report);
    return report;
  }

 private:
  void take(std::string_view name, const resp::KeyUse& use) {
    tap::test::ScriptedExchange exchange(name, {use});
    exchange->latency = 250'000;
    tally_.exchange(exchange.get());
  }

  tap::Tally tally_;
};

}  // namespace hitwatch::cli::test
