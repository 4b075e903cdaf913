#include "collectors/keyspace/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "collectors/keyspace/summary.h"

namespace hitwatch::keyspace {
namespace {

// A group that no sample has met for so many rounds is forgotten.
constexpr int kForgetAfter = 60;
// Keys from this part of all memory on are looked at in every round.
constexpr double kWhaleShare = 0.001;
constexpr std::size_t kMostWhales = 100;
// A database that grew or shrank by more than that while it was sampled is another one.
constexpr double kMuchChange = 0.05;

DatabaseSize size_in(const ServerFacts& facts, int index) {
  const auto found = std::ranges::find(facts.databases, index, &DatabaseSize::index);
  return found == facts.databases.end() ? DatabaseSize{index, 0, 0} : *found;
}

// The keys that came or went during the round may have been of any group.
void widen(Estimate& estimate, double lost_low, double gained_high, double most) {
  estimate.low = std::max(0.0, estimate.low - lost_low);
  estimate.high = std::min(most, estimate.high + gained_high);
}

void widen_groups(Report& report, std::size_t first, double change, double keys) {
  for (std::size_t i = first; i < report.groups.size(); ++i) {
    Group& group = report.groups[i];
    const Estimate before = group.keys;
    widen(group.keys, change, change, keys);
    const double below = before.low > 0 ? group.keys.low / before.low : 0;
    const double above = before.high > 0 ? group.keys.high / before.high : 1;
    if (group.memory_usage_bytes) {
      group.memory_usage_bytes->low *= below;
      group.memory_usage_bytes->high *= above;
    }
    if (group.keys_without_ttl) {
      group.keys_without_ttl->low *= below;
      group.keys_without_ttl->high = std::min(keys, group.keys_without_ttl->high * above);
    }
  }
  widen(report.databases.back().unclassified, change, change, keys);
  for (TenantlessType& type : report.without_tenant) {
    if (type.database == report.databases.back().index) widen(type.keys, change, change, keys);
  }
}

std::vector<TypeAndTenant> update_known(const Tally& tally, std::size_t most,
                                        RememberedDatabase& remembered) {
  for (const GroupSums& sums : tally.groups()) {
    if (remembered.unseen_rounds.size() >= most) break;
    remembered.unseen_rounds.try_emplace({sums.type, sums.tenant}, 0);
  }
  std::set<TypeAndTenant> seen;
  for (const GroupSums& sums : tally.groups()) seen.emplace(sums.type, sums.tenant);
  std::vector<TypeAndTenant> unseen;
  for (auto& [group, rounds] : remembered.unseen_rounds) {
    rounds = seen.contains(group) ? 0 : rounds + 1;
    if (rounds > 0 && rounds <= kForgetAfter) unseen.push_back(group);
  }
  std::erase_if(remembered.unseen_rounds,
                [](const auto& known) { return known.second > kForgetAfter; });
  return unseen;
}

void update_whales(const Tally& tally, double all_bytes, RememberedDatabase& remembered) {
  remembered.whales.clear();
  for (const KeyExample& key : tally.biggest()) {
    if (static_cast<double>(key.bytes) < all_bytes * kWhaleShare ||
        remembered.whales.size() >= kMostWhales) {
      break;
    }
    // Longer names were cut.
    if (key.name.size() < Tally::kLongestExample) remembered.whales.push_back(key.name);
  }
}

class Maker {
 public:
  Maker(Outcome outcome, const std::vector<DatabaseSize>& asked, const SurveyOptions& options,
        Remembered& remembered)
      : outcome_(std::move(outcome)), options_(options), remembered_(remembered), asked_(asked) {}

  std::shared_ptr<const Report> make() {
    report_ = outcome_.headline(asked_);
    const ServerFacts& last = outcome_.end ? *outcome_.end : outcome_.begin;
    report_->used_memory_dataset = last.used_memory_dataset;
    if (outcome_.end) count_keys(last);
    bool all_keys = outcome_.complete && !outcome_.left_out;
    for (const DatabaseOutcome& database : outcome_.databases) {
      add(database, last);
      all_keys = all_keys && database.every_key;
    }
    report_->full = outcome_.full && all_keys;
    note_refusals();
    calibrate(is_whole_server(), *report_);
    arrange(*report_);
    return report_;
  }

 private:
  void count_keys(const ServerFacts& last) {
    report_->keys = 0;
    report_->keys_with_ttl = 0;
    for (const DatabaseSize& size : last.databases) {
      if (!is_wanted(size.index)) continue;
      report_->keys += size.keys;
      report_->keys_with_ttl += size.expires;
    }
  }

  bool is_wanted(int index) const {
    return options_.databases.empty() ||
           std::ranges::find(options_.databases, index) != options_.databases.end();
  }

  bool is_whole_server() const {
    return outcome_.complete && !outcome_.left_out &&
           std::ranges::all_of(outcome_.begin.databases,
                               [this](const DatabaseSize& size) { return is_wanted(size.index); });
  }

  void add(const DatabaseOutcome& database, const ServerFacts& last) {
    const int index = database.size.index;
    const DatabaseSize now = size_in(last, index);
    if (now.keys == 0) {
      report_->notes.push_back(fmt::format("db{} was emptied during the round", index));
      remembered_.databases.erase(index);
      return;
    }
    const Tally& tally = database.tally;
    const DatabaseFacts facts{.keys = static_cast<double>(now.keys),
                              .expires = static_cast<double>(now.expires),
                              .method = database.method,
                              .every_key = database.every_key,
                              .with_replacement = database.method == Method::kRandomCursors ||
                                                  database.method == Method::kRandomKey};
    // Nobody told us of a single key.
    if (database.method == Method::kNone) report_->complete = false;
    report_->sampled += static_cast<std::uint64_t>(tally.sampled() + tally.certain());
    report_->unreadable += static_cast<std::uint64_t>(tally.unreadable());
    const std::size_t first = report_->groups.size();
    summarize(tally, facts, *report_);
    double bytes = 0;
    for (std::size_t i = first; i < report_->groups.size(); ++i) {
      if (report_->groups[i].memory_usage_bytes)
        bytes += report_->groups[i].memory_usage_bytes->value;
    }
    RememberedDatabase& remembered = remembered_.databases[index];
    const auto unseen = update_known(tally, options_.most_groups, remembered);
    add_unseen(unseen, tally, facts, *report_);
    update_whales(tally, bytes, remembered);
    note_change(database, now, first);
  }

  void note_change(const DatabaseOutcome& database, const DatabaseSize& now, std::size_t first) {
    const auto before = static_cast<double>(database.size.keys);
    const auto after = static_cast<double>(now.keys);
    const double change = std::abs(after - before);
    if (change <= kMuchChange * std::max(before, after)) return;
    report_->notes.push_back(
        fmt::format("db{} went from {} to {} keys during the round: intervals are wider for it",
                    database.size.index, database.size.keys, now.keys));
    widen_groups(*report_, first, change, std::max(after, database.tally.sampled()));
  }

  void note_refusals() {
    const Refusals& refusals = remembered_.refusals;
    if (refusals.memory_usage) report_->notes.emplace_back("MEMORY USAGE is refused: no sizes");
    if (refusals.pttl) {
      report_->notes.emplace_back("PTTL is refused: what has no TTL is known in total only");
    }
    if (refusals.refused_keys > 0) {
      report_->notes.push_back(
          fmt::format("the user may not read the keys of {}{} groups: these are counted by name "
                      "only",
                      refusals.refused_keys >= Refusals::kMostRefusedKeys ? "at least " : "",
                      refusals.groups.size()));
    }
    if (report_->unreadable > 0) {
      report_->notes.push_back(fmt::format("{} of {} sampled keys could not be measured",
                                           report_->unreadable, report_->sampled));
    }
    if (outcome_.begin.sentinel) report_->notes.emplace_back("a sentinel holds no keys");
  }

  Outcome outcome_;
  const SurveyOptions& options_;
  Remembered& remembered_;
  const std::vector<DatabaseSize>& asked_;
  std::shared_ptr<Report> report_;
};

}  // namespace

std::unique_ptr<Report> Outcome::headline(const std::vector<DatabaseSize>& asked) const {
  auto report = std::make_unique<Report>();
  report->began = began;
  report->took = took;
  report->server = server;
  report->run_id = begin.run_id;
  report->role = begin.role;
  report->complete = complete;
  report->notes = notes;
  report->vanished = vanished;
  report->ttls_read = ttls_read;
  report->ttl_misses = ttl_misses;
  report->commands = commands;
  report->server_seconds = server_seconds;
  report->used_memory_dataset = begin.used_memory_dataset;
  for (const DatabaseSize& size : asked) {
    report->keys += size.keys;
    report->keys_with_ttl += size.expires;
  }
  return report;
}

std::shared_ptr<const Report> make_report(Outcome outcome, const std::vector<DatabaseSize>& asked,
                                          const SurveyOptions& options, Remembered& remembered) {
  return Maker(std::move(outcome), asked, options, remembered).make();
}

}  // namespace hitwatch::keyspace
