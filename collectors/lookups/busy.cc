// Which tenants have series of their own.
//
// Tenants come in as they appear until the limit is reached. From then on those outside are
// weighed by a sketch and those inside by a score, over the same time, both halved every minute.
// Once a minute whoever outside is surely twice as busy as the least busy inside takes its place:
// the margin keeps two of a kind from changing places for ever.
#include <algorithm>

#include "collectors/lookups/tables.h"

namespace hitwatch::lookups {
namespace {

constexpr double kFade = 0.5;
constexpr double kMargin = 2;
constexpr double kLeastLead = 10;  // lookups
// Of all tenants, how many may change in a minute.
constexpr std::size_t kShareThatChanges = 10;

}  // namespace

void Tables::decide_busy(Clock::time_point now) {
  last_minute_ = now;
  add_up_scores();
  choose_tenants(now);
  choose_latency_tenants();
  fade();
  forget_places();
}

void Tables::add_up_scores() {
  for (Tenant& tenant : tenants_) tenant.score = 0;
  for (const Row& row : rows_) {
    if (row.key != 0) tenants_[SeriesLabels::unpacked(row.key).tenant].score += row.score;
  }
}

// The least busy first.
std::vector<std::uint32_t> Tables::tenants_by_score() const {
  std::vector<std::uint32_t> order;
  for (std::uint32_t number = kOverflow + 1; number < tenants_.size(); ++number) {
    if (tenants_[number].in_use) order.push_back(number);
  }
  std::ranges::sort(order, {}, [this](std::uint32_t number) { return tenants_[number].score; });
  return order;
}

void Tables::choose_tenants(Clock::time_point now) {
  const std::vector<std::uint32_t> order = tenants_by_score();
  // The configuration may have lowered the limit.
  std::size_t leaving = order.size() - std::min(order.size(), limits_.tenants);
  const std::size_t places = limits_.tenants - std::min(order.size(), limits_.tenants);
  const auto challengers = challengers_.heaviest(places + limits_.tenants / kShareThatChanges + 1);
  std::vector<const SpaceSaving::Entry*> entering;
  for (const SpaceSaving::Entry& challenger : challengers) {
    if (entering.size() < places) {
      entering.push_back(&challenger);
      continue;
    }
    if (leaving >= order.size()) break;
    if (challenger.certain() < kMargin * tenants_[order[leaving]].score + kLeastLead) break;
    entering.push_back(&challenger);
    ++leaving;
  }
  counters.evictions += leaving;
  if (leaving > 0)
    evict({order.begin(), order.begin() + static_cast<std::ptrdiff_t>(leaving)}, now);
  for (const SpaceSaving::Entry* challenger : entering) {
    admit(challenger->name);
    tenants_[*tenant_names_.find(challenger->name)].score = challenger->certain();
  }
}

// Those who have histograms keep them while they are among the busiest twice as many.
void Tables::choose_latency_tenants() {
  std::vector<std::uint32_t> order = tenants_by_score();
  std::ranges::reverse(order);
  const std::size_t limit = limits_.latency_tenants;
  std::vector<bool> had(tenants_.size());
  for (const std::uint32_t number : order) {
    had[number] = tenants_[number].has_latency;
    tenants_[number].has_latency = false;
  }
  latency_tenants_ = 0;
  const auto give = [&](std::size_t most, bool only_those_who_had) {
    for (std::size_t rank = 0; rank < std::min(most, order.size()); ++rank) {
      Tenant& tenant = tenants_[order[rank]];
      if (latency_tenants_ >= limit) return;
      if (tenant.has_latency || (only_those_who_had && !had[order[rank]])) continue;
      tenant.has_latency = true;
      ++latency_tenants_;
    }
  };
  give(2 * limit, true);
  give(order.size(), false);
  drop_latencies();
}

void Tables::fade() {
  for (Row& row : rows_) row.score *= kFade;
  challengers_.fade(kFade);
}

void Tables::evict(const std::vector<std::uint32_t>& leaving, Clock::time_point now) {
  for (const std::uint32_t number : leaving) {
    if (tenants_[number].has_latency) --latency_tenants_;
    tenants_[number] = {};
  }
  row_table_.clear();
  std::vector<bool> gone(rows_.size());
  for (std::uint32_t number = 0; number < rows_.size(); ++number) {
    Row& row = rows_[number];
    if (row.key == 0) continue;
    const std::uint32_t tenant = SeriesLabels::unpacked(row.key).tenant;
    if (tenant <= kOverflow || tenants_[tenant].in_use) {
      row_table_.add(row.key, number);
      continue;
    }
    gone[number] = true;
    row = {};
    free_rows_.push_back({.row = number, .since = now});
  }
  constexpr unsigned kOperationBits = 8;
  std::erase_if(errors_, [&](const auto& entry) { return gone[entry.first >> kOperationBits]; });
  drop_latencies();
  tenant_names_.remove(leaving);
}

// Removes the histograms of tenants that shall not have any.
void Tables::drop_latencies() {
  latency_table_.clear();
  for (std::uint32_t number = 0; number < latencies_.size(); ++number) {
    LatencySeries& series = latencies_[number];
    if (series.key == 0) continue;
    const std::uint32_t tenant = SeriesLabels::unpacked(series.key).tenant;
    if (tenant == kNoName || tenants_[tenant].has_latency) {
      latency_table_.add(series.key, number);
    } else {
      series.key = 0;
      series.exemplars.reset();
      free_latencies_.push_back(number);
    }
  }
}

}  // namespace hitwatch::lookups
