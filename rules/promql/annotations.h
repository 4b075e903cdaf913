// The notes of a query, worded as Prometheus 3 words them, each said once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/promql/engine.h"
#include "rules/promql/histogram.h"
#include "rules/promql/position.h"

namespace hitwatch::promql {

class Annotations {
 public:
  explicit Annotations(std::string_view text) : text_(text) {}

  // A quantile that is NaN or not between 0 and 1.
  void invalid_quantile(double value, Span at);
  // The same of an aggregation's parameter, and a ratio that is not between -1 and 1, which is
  // capped. Of all steps, only the least and the greatest are said.
  void invalid_quantile_parameter(double value, Span at);
  void invalid_ratio_parameter(double value, Span at);
  // sort() and its kin in a range query, whose result is in the order of labels anyway.
  void ineffective_sort(Span at);
  // rate() and increase() of something that by its name is no counter.
  void possible_non_counter(std::string_view metric, Span at);
  void bad_bucket_label(std::string_view metric, std::string_view value, Span at);
  // Gathered per metric and place: what it says at the end covers all of them.
  void forced_monotonicity(std::string_view metric, const BucketQuantile& quantile,
                           std::int64_t time, Span at);

  std::vector<Annotation> take();

 private:
  struct Forced {
    Span at;
    double lowest_bucket;
    double highest_bucket;
    double most_raised;
    std::size_t count;
    std::int64_t first;
    std::int64_t last;
  };

  // What a parameter was beyond its bounds.
  struct Beyond {
    Span at;
    bool ratio;
    bool nan;
    double least;
    double greatest;
  };

  void beyond(double value, bool ratio, Span at);
  void say_beyond(const Beyond& beyond);
  void add(bool warning, std::string text, Span at);

  std::string_view text_;
  std::map<std::string, bool> said_;  // text and whether it is a warning
  std::map<std::pair<std::uint32_t, std::string>, Forced> forced_;
  std::map<std::uint32_t, Beyond> beyond_;  // by place
};

}  // namespace hitwatch::promql
