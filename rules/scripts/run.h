// Runs test scripts over a window of their own.
//
// An instant query is evaluated more than once: also with all its selectors fixed to the evaluation
// time, at other times, and each of these as the middle of a range query. All must yield the same.
// What only native histograms, start times of counters or features that Prometheus keeps behind a
// flag could answer is skipped, with the reason.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/promql/engine.h"

namespace hitwatch::scripts {

struct Failure {
  int line = 0;      // of the eval, from 1
  std::string text;  // the query and what is wrong, several lines
};

struct Report {
  std::size_t passed = 0;
  std::vector<Failure> failures;                    // in the order of the script
  std::map<std::string, std::vector<int>> skipped;  // lines by reason

  std::size_t skipped_count() const;
};

// A script that cannot be read has one failure and nothing else.
Report run_script(std::string_view text, const promql::QueryOptions& options = {});

}  // namespace hitwatch::scripts
