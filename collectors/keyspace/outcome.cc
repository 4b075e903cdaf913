#include "collectors/keyspace/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "collectors/keyspace/summary.h"

namespace hitwatch::keyspace {
namespace {

// A group that no sample has met for so many rounds is forgotten.
constexpr int kForgetAfter = 60;
// Keys from this part of all memory on are looked at in every round.
constexpr double kWhaleShare = 0.001;
constexpr std::size_t kMostWhales = 100;
// A whole SCAN that told of less than this part of the keys was none.
constexpr double kLeastTold = 0.5;
// Parts of a database that come or go during a round: what matters, and what is still taken to be
// like the rest.
constexpr double kMuchChange = 0.05;
constexpr double kLikeTheRest = 0.25;
// MEMORY USAGE tells of more than used_memory_dataset has (an entry's and an object's overhead).
constexpr double kMostOvershoot = 1.6;
constexpr double kWorthTaming = 0.01;

DatabaseSize size_in(const ServerFacts& facts, int index) {
  const auto found = std::ranges::find(facts.databases, index, &DatabaseSize::index);
  return found == facts.databases.end() ? DatabaseSize{index, 0, 0} : *found;
}

// What came or went while a database was looked at. A little of it is taken to be like the rest,
// within a factor of two; of much, any part may have been any group's.
class Change {
 public:
  Change(double before, double after) : before_(before), after_(after) {}

  bool is_much() const { return part() > kMuchChange; }

  void widen(Estimate& estimate) const {
    if (part() <= kLikeTheRest) {
      estimate.low *= 1 - part();
      estimate.high *= 1 + part();
    } else if (after_ > before_) {
      estimate.low *= before_ / after_;
      estimate.high += after_ - before_;
    } else {
      estimate.low -= before_ - after_;
      estimate.high *= before_ / std::max(after_, 1.0);
    }
    estimate.low = std::clamp(estimate.low, 0.0, estimate.value);
    estimate.high = std::clamp(estimate.high, estimate.value, std::max(after_, estimate.value));
  }

 private:
  double part() const { return std::abs(after_ - before_) / std::max({before_, after_, 1.0}); }

  double before_;
  double after_;
};

// A figure that goes with the number of keys.
void widen_along(Estimate& figure, const Estimate& keys, const Estimate& widened) {
  if (keys.low > 0) figure.low *= widened.low / keys.low;
  if (keys.high > 0) figure.high *= widened.high / keys.high;
}

void widen_groups(Report& report, std::size_t first, const Change& change) {
  for (std::size_t i = first; i < report.groups.size(); ++i) {
    Group& group = report.groups[i];
    const Estimate keys = group.keys;
    change.widen(group.keys);
    if (group.memory_usage_bytes) widen_along(*group.memory_usage_bytes, keys, group.keys);
    if (group.keys_without_ttl) {
      widen_along(*group.keys_without_ttl, keys, group.keys);
      group.keys_without_ttl->high = std::min(group.keys_without_ttl->high, group.keys.high);
    }
  }
  change.widen(report.databases.back().unclassified);
  for (TenantlessType& type : report.without_tenant) {
    if (type.database == report.databases.back().index) change.widen(type.keys);
  }
}

// Counts the rounds in which each of what is known was not seen; forgets what was not for long.
// Returns what is known and was not seen in this one.
template <typename Name>
std::vector<Name> update_known(const std::set<Name>& seen, std::map<Name, int>& unseen_rounds) {
  for (const Name& name : seen) {
    if (unseen_rounds.size() >= Tally::kMostGroups) break;
    unseen_rounds.try_emplace(name, 0);
  }
  std::vector<Name> unseen;
  for (auto& [name, rounds] : unseen_rounds) {
    rounds = seen.contains(name) ? 0 : rounds + 1;
    if (rounds > 0 && rounds <= kForgetAfter) unseen.push_back(name);
  }
  std::erase_if(unseen_rounds, [](const auto& known) { return known.second > kForgetAfter; });
  return unseen;
}

// How many keys each sampled one stands for.
double weight_of(const DatabaseOutcome& database, double keys) {
  if (database.every_key || database.tally.bytes().count == 0) return 1;
  return std::max(keys - database.tally.certain(), 0.0) / database.tally.bytes().count;
}

// Keeps groups for so many tenants, those with the most keys; those that had groups before keep
// them until another has twice as many.
void limit_tenants(std::vector<DatabaseOutcome>& databases, std::size_t most,
                   std::set<std::string>& kept) {
  std::map<std::string, double> keys;
  for (const DatabaseOutcome& database : databases) {
    const double weight = weight_of(database, static_cast<double>(database.size.keys));
    for (const GroupSums& sums : database.tally.groups()) {
      if (!sums.tenant.empty()) keys[sums.tenant] += sums.keys * weight + sums.certain_keys;
    }
  }
  if (keys.size() <= most && kept.size() <= most) {
    for (const auto& [tenant, count] : keys) {
      if (kept.size() < most) kept.insert(tenant);
    }
  }
  if (std::ranges::all_of(keys, [&](const auto& entry) { return kept.contains(entry.first); })) {
    return;
  }
  std::vector<std::pair<double, std::string>> ranking;
  for (const auto& [tenant, count] : keys) {
    ranking.emplace_back(kept.contains(tenant) ? 2 * count : count, tenant);
  }
  std::ranges::sort(ranking, std::greater{});
  if (ranking.size() > most) ranking.resize(most);
  kept.clear();
  for (const auto& [score, tenant] : ranking) kept.insert(tenant);
  for (DatabaseOutcome& database : databases) database.tally.fold_tenants(kept);
}

// A key drawn by luck that is bigger than what it stands for can be: the server says what all keys
// take together. The biggest count for themselves alone until the sum is about right.
void tame_big_keys(std::vector<DatabaseOutcome>& databases, const ServerFacts& last) {
  if (!last.used_memory_dataset) return;
  const auto dataset = static_cast<double>(*last.used_memory_dataset);
  double total = 0;
  for (const DatabaseOutcome& database : databases) {
    const double keys = static_cast<double>(size_in(last, database.size.index).keys);
    total += database.tally.bytes().sum * weight_of(database, keys);
    for (const GroupSums& sums : database.tally.groups()) total += sums.certain_bytes;
  }
  while (total > kMostOvershoot * dataset) {
    DatabaseOutcome* biggest = nullptr;
    double excess = 0;
    for (DatabaseOutcome& database : databases) {
      const double keys = static_cast<double>(size_in(last, database.size.index).keys);
      const auto key = database.tally.biggest_expanded();
      if (!key) continue;
      const double own = key->bytes * (key->times * weight_of(database, keys) - 1);
      if (own <= excess) continue;
      excess = own;
      biggest = &database;
    }
    if (biggest == nullptr || excess < kWorthTaming * dataset) return;
    biggest->tally.count_alone();
    total -= excess;
  }
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
    note_new_databases(last);
    every_key_ = outcome_.complete && !outcome_.left_out;
    limit_tenants(outcome_.databases, options_.most_tenants, remembered_.tenants);
    if (is_whole_server()) tame_big_keys(outcome_.databases, last);
    for (DatabaseOutcome& database : outcome_.databases) add(database, last);
    report_->full = outcome_.full && every_key_;
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

  void note_new_databases(const ServerFacts& last) {
    for (const DatabaseSize& size : last.databases) {
      if (!is_wanted(size.index) || size_in(outcome_.begin, size.index).keys > 0) continue;
      report_->notes.push_back(fmt::format("db{} is left out: its {} keys came during the round",
                                           size.index, size.keys));
      outcome_.left_out = true;
    }
  }

  // Some proxies end every SCAN at once; a replica does not tell of keys that have expired.
  void doubt_whole_scan(DatabaseOutcome& database, const DatabaseSize& now) {
    if (!database.every_key) return;
    const auto keys = static_cast<double>(std::min(database.size.keys, now.keys));
    if (database.tally.sampled() >= keys * kLeastTold) return;
    database.every_key = false;
    report_->notes.push_back(fmt::format("SCAN told of {:.0f} of the {} keys of db{}",
                                         database.tally.sampled(), now.keys, now.index));
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

  void add(DatabaseOutcome& database, const ServerFacts& last) {
    const int index = database.size.index;
    const DatabaseSize now = size_in(last, index);
    if (now.keys == 0) {
      report_->notes.push_back(fmt::format("db{} was emptied during the round", index));
      remembered_.databases.erase(index);
      return;
    }
    const Tally& tally = database.tally;
    doubt_whole_scan(database, now);
    every_key_ = every_key_ && database.every_key;
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
    add_known(tally, facts, remembered);
    update_whales(tally, bytes, remembered);
    note_change(database, now, first);
  }

  // What earlier rounds knew and this one has not met is still there, as far as one knows.
  void add_known(const Tally& tally, const DatabaseFacts& facts, RememberedDatabase& remembered) {
    std::set<TypeAndTenant> groups;
    for (const GroupSums& sums : tally.groups()) groups.emplace(sums.type, sums.tenant);
    std::erase_if(remembered.unseen_rounds, [this](const auto& known) {
      const std::string& tenant = known.first.second;
      return remembered_.tenants.size() >= options_.most_tenants && !tenant.empty() &&
             tenant != "overflow" && !remembered_.tenants.contains(tenant);
    });
    add_unseen(update_known(groups, remembered.unseen_rounds), tally, facts, *report_);
    std::set<std::string> types;
    for (const auto& [type, keys] : tally.without_tenant()) types.insert(type);
    const auto unseen_types = update_known(types, remembered.tenantless_types);
    if (!(tally.sampled() > 0) || facts.every_key) return;
    for (const std::string& type : unseen_types) {
      report_->without_tenant.push_back({tally.database(), type, unseen(tally, facts, *report_)});
    }
  }

  void note_change(const DatabaseOutcome& database, const DatabaseSize& now, std::size_t first) {
    // What was read as a whole knows what it has not met; a sample may be from before or after.
    const auto before =
        database.every_key ? database.tally.sampled() : static_cast<double>(database.size.keys);
    const Change change(before, static_cast<double>(now.keys));
    if (!change.is_much()) return;
    report_->notes.push_back(
        fmt::format("db{} went from {} to {} keys during the round: intervals are wider for it",
                    database.size.index, database.size.keys, now.keys));
    widen_groups(*report_, first, change);
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
  bool every_key_ = false;  // of all databases
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
