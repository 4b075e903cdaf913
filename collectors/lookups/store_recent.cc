// Store::recent: which series, in what order.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "collectors/lookups/store.h"
#include "collectors/lookups/tables.h"

namespace hitwatch::lookups {
namespace {

// The best `limit` series of those that were offered.
class Best {
 public:
  struct Candidate {
    double rank;  // NaN: last in either order
    RecentSeries series;
  };

  Best(bool ascending, std::size_t limit) : ascending_(ascending), limit_(limit) {}

  void offer(const Candidate& candidate) {
    const auto before = [this](const Candidate& a, const Candidate& b) { return precedes(a, b); };
    if (heap_.size() == limit_ && (limit_ == 0 || !precedes(candidate, heap_.front()))) return;
    if (heap_.size() == limit_) {
      std::ranges::pop_heap(heap_, before);
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::ranges::push_heap(heap_, before);
  }

  std::vector<Candidate> take() {
    std::ranges::sort(heap_, [this](const auto& a, const auto& b) { return precedes(a, b); });
    return std::move(heap_);
  }

 private:
  // Ties go to who has more lookups.
  bool precedes(const Candidate& a, const Candidate& b) const {
    if (std::isnan(a.rank) != std::isnan(b.rank)) return std::isnan(b.rank);
    if (!std::isnan(a.rank) && a.rank != b.rank) {
      return ascending_ ? a.rank < b.rank : a.rank > b.rank;
    }
    const double more = a.series.windows.back().lookups() - b.series.windows.back().lookups();
    return more != 0 ? more > 0 : a.series.row < b.series.row;
  }

  bool ascending_;
  std::size_t limit_;
  std::vector<Candidate> heap_;  // the one that goes next at the front
};

double rank_of(const WindowTotals& totals, SortKey sort) {
  switch (sort) {
    case SortKey::kMissRatio:
      return totals.misses / totals.lookups();
    case SortKey::kHits:
      return totals.hits;
    case SortKey::kLookups:
      return totals.lookups();
    case SortKey::kErrors:
      return totals.errors;
    case SortKey::kP50:
      return totals.p50;
    case SortKey::kP95:
      return totals.p95;
    case SortKey::kP99:
      return totals.p99;
    case SortKey::kMisses:
    case SortKey::kTenant:
    case SortKey::kType:
      break;
  }
  return totals.misses;
}

// The place of each name in the alphabet.
std::vector<double> alphabetical(const Names& names) {
  std::vector<std::uint32_t> order(names.end());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t number) { return names[number]; });
  std::vector<double> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<double>(i);
  return place;
}

std::vector<bool> chosen(const Names& names, const std::function<bool(std::string_view)>& wanted) {
  std::vector<bool> result(names.end(), true);
  if (!wanted) return result;
  for (std::uint32_t number = 0; number < names.end(); ++number) {
    result[number] = wanted(names[number]);
  }
  return result;
}

// What a query needs of the tables, so that their lock is not held meanwhile.
struct Filter {
  std::vector<std::uint64_t> keys;  // by row; 0: not wanted
  std::vector<double> name_rank;    // by tenant or type, if the order is by name
};

Filter make_filter(const Tables& tables, const RecentQuery& query) {
  Filter filter;
  const std::vector<bool> tenants = chosen(tables.tenants(), query.tenant);
  const std::vector<bool> types = chosen(tables.types(), query.type);
  const auto layer = tables.layers().find(query.layer);
  filter.keys.reserve(tables.rows().size());
  for (const Row& row : tables.rows()) {
    const SeriesLabels labels = SeriesLabels::unpacked(row.key);
    const bool wanted = row.key != 0 && tenants[labels.tenant] && types[labels.type] &&
                        (query.layer.empty() || layer == labels.layer) &&
                        (!query.source || query.source == labels.source);
    filter.keys.push_back(wanted ? row.key : 0);
  }
  if (query.sort == SortKey::kTenant) filter.name_rank = alphabetical(tables.tenants());
  if (query.sort == SortKey::kType) filter.name_rank = alphabetical(tables.types());
  return filter;
}

double rank_of(const RecentSeries& series, const Filter& filter, const RecentQuery& query) {
  const SeriesLabels labels = SeriesLabels::unpacked(filter.keys[series.row]);
  if (query.sort == SortKey::kTenant) return filter.name_rank[labels.tenant];
  if (query.sort == SortKey::kType) return filter.name_rank[labels.type];
  return rank_of(series.windows[query.window], query.sort);
}

}  // namespace

RecentRows Store::recent(const RecentQuery& query, Clock::time_point now) const {
  std::vector<ClosedSlot> slots;
  Filter filter;
  {
    const std::scoped_lock slots_lock(slots_mutex_);
    slots = slots_->slots();
    const std::scoped_lock lock(mutex_);
    slots.push_back({.begin = open_since_,
                     .end = now,
                     .bytes = std::make_shared<const std::string>(tables_->encode_open_slot())});
    filter = make_filter(*tables_, query);
  }
  RecentRows result;
  Best best(query.ascending, query.limit);
  result.covered = add_up(slots, now, [&](const RecentSeries& series) {
    if (series.row >= filter.keys.size() || filter.keys[series.row] == 0) return;
    if (series.windows[query.window].lookups() < query.min_lookups) return;
    ++result.total;
    best.offer({.rank = rank_of(series, filter, query), .series = series});
  });
  const std::scoped_lock lock(mutex_);
  for (const Best::Candidate& candidate : best.take()) {
    const std::uint64_t key = filter.keys[candidate.series.row];
    if (tables_->rows()[candidate.series.row].key != key) continue;  // evicted meanwhile
    const SeriesLabels labels = SeriesLabels::unpacked(key);
    result.rows.push_back({.tenant = tables_->tenants()[labels.tenant],
                           .type = tables_->types()[labels.type],
                           .layer = tables_->layers()[labels.layer],
                           .source = labels.source,
                           .windows = candidate.series.windows});
  }
  return result;
}

}  // namespace hitwatch::lookups
