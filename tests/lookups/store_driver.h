// A store with a made-up clock, and what is read of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/lookups/store.h"

namespace hitwatch::lookups::test {

using namespace std::chrono_literals;

class StoreDriver {
 public:
  explicit StoreDriver(Limits limits = {}, std::vector<keys::Rule> rules = {})
      : store(std::move(rules), limits, now) {}

  void count(const Subject& subject, Outcome outcome, double weight = 1) {
    store.record().count(subject, Source::kStatsd, outcome, weight);
  }
  void hit(const Subject& subject, double weight = 1) { count(subject, Outcome::kHit, weight); }
  void miss(const Subject& subject, double weight = 1) { count(subject, Outcome::kMiss, weight); }
  void time(const Subject& subject, double seconds, double weight = 1) {
    store.record().time(subject, Source::kStatsd, seconds, weight);
  }

  // Lets time pass as the daemon does, a tick a second.
  void pass(std::chrono::seconds duration) {
    for (; duration > 0s; duration -= 1s) store.tick(now += 1s);
  }

  std::string text(Buckets buckets = Buckets::kClassic) const {
    std::string out;
    store.write(out, metrics::Format::kText, buckets);
    return out;
  }
  // The value of the sample whose line starts with `series` and a blank.
  std::optional<double> sample(std::string_view series) const {
    const std::string wanted = "\n" + std::string(series) + " ";
    const std::string all = text();
    const auto at = all.find(wanted);
    if (at == all.npos) return std::nullopt;
    return std::stod(all.substr(at + wanted.size()));
  }

  RecentRows recent(const RecentQuery& query = {}) const { return store.recent(query, now); }
  // The only row; an empty one if there is none or several.
  RecentRow only_row(const RecentQuery& query = {}) const {
    const RecentRows rows = recent(query);
    return rows.rows.size() == 1 ? rows.rows.front() : RecentRow{};
  }

  Clock::time_point now{std::chrono::hours(1000)};
  Store store;
};

}  // namespace hitwatch::lookups::test
