// Whether the tap sees what a server says it did: the lookups and commands that were seen on the
// wire against those that INFO counts, over a window of polls.
//
// A lookup of which the reply does not tell whether the key was there may be either: INFO's hits
// have to lie between the hits seen and those plus the undecided ones. Where scripts ran in the
// window, whose own lookups are not seen, INFO may count more. Where only a share of the
// connections is captured there are no counts to compare; then the ratios of hits are.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace hitwatch {

// Totals since some moment, of one server.
struct TapTotals {
  double hits = 0;
  double misses = 0;
  double undecided = 0;  // 0 of what INFO says
  double commands = 0;
  double scripts = 0;  // commands whose lookups are not seen; 0 of what INFO says
};

// Not thread-safe.
class TapCheck {
 public:
  using Clock = std::chrono::steady_clock;

  // A window ends now and is at least as long as this; longer, up to kMaxPolls, until it has
  // kEnoughLookups. The server and the tap do not count at the same instant, but some milliseconds
  // apart: of a window of less than kLeastToTell nothing is told.
  static constexpr std::chrono::minutes kLeastWindow{5};
  static constexpr double kEnoughLookups = 1000;
  static constexpr std::chrono::seconds kLeastToTell{10};
  static constexpr std::size_t kMaxPolls = 720;

  // What was seen and what INFO says at the same time. Another run id, or totals that have fallen,
  // begin a new window. `whole`: every connection is captured, and own lookups are in both; else
  // in none.
  void take(const std::string& run_id, const TapTotals& seen, const TapTotals& told, bool whole,
            Clock::time_point now);

  // From 0 on; nothing while there is not enough to tell.
  //   whole: what the seen lookups differ by from those that INFO tells, hits and misses each, over
  //          the lookups that INFO tells
  //   else:  the difference of the two ratios of hits to lookups, at the least
  std::optional<double> disagreement() const;
  // Commands seen over commands that INFO tells; nothing before there were some. With sampling that
  // is the share of the commands that the sample came to.
  std::optional<double> coverage() const;

 private:
  struct Moment {
    Clock::time_point at;
    TapTotals seen;
    TapTotals told;
  };
  bool continues(const std::string& run_id, const TapTotals& seen, const TapTotals& told,
                 bool whole) const;
  void drop_old(Clock::time_point now);

  std::string run_id_;
  bool whole_ = true;
  std::deque<Moment> moments_;
};

}  // namespace hitwatch
