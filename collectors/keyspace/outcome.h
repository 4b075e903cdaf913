// How a round went, and the report that is made of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/net/error.h"
#include "collectors/keyspace/remembered.h"
#include "collectors/keyspace/report.h"
#include "collectors/keyspace/server_facts.h"
#include "collectors/keyspace/survey.h"
#include "collectors/keyspace/tally.h"

namespace hitwatch::keyspace {

struct DatabaseOutcome {
  DatabaseSize size;  // as the round began
  Method method = Method::kNone;
  bool every_key = false;
  Tally tally;
};

struct Outcome {
  std::chrono::system_clock::time_point began;
  std::chrono::duration<double> took{};
  std::string server;
  bool full = false;
  bool complete = false;
  bool left_out = false;  // a database that was asked for could not be looked at
  net::Error error;
  std::vector<std::string> notes;
  std::uint64_t vanished = 0;
  std::uint64_t ttls_read = 0;
  std::uint64_t ttl_misses = 0;
  std::uint64_t commands = 0;
  double server_seconds = 0;
  ServerFacts begin;
  std::optional<ServerFacts> end;  // nothing if it did not come to that
  std::vector<DatabaseOutcome> databases;

  // What can be said when only INFO has been answered.
  std::unique_ptr<Report> headline(const std::vector<DatabaseSize>& asked) const;
};

// Also notes in `remembered` what the next round needs. `asked` are the databases that were to be
// looked at.
std::shared_ptr<const Report> make_report(Outcome outcome, const std::vector<DatabaseSize>& asked,
                                          const SurveyOptions& options, Remembered& remembered);

}  // namespace hitwatch::keyspace
