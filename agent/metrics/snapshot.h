// Snapshots: the immutable result of one poll of one target, and the builder that makes them.
//
// The text of a series (`_bucket{cmd="get",le="8"`) never changes, so it is rendered once, when any
// target is first seen to have the series, and every snapshot points to it (series.h). A poll of an
// unchanged server allocates a few vectors and no strings.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/metrics/family.h"
#include "agent/metrics/labels.h"
#include "agent/metrics/series.h"

namespace hitwatch::metrics {

struct Sample {
  const Series* series;
  double value;
};

struct Snapshot {
  std::chrono::steady_clock::time_point taken_steady;
  std::chrono::system_clock::time_point taken;
  // When the server's own figures were read: `taken`, or earlier where a poll failed and the
  // figures of an older one are shown. The epoch if there are none.
  std::chrono::steady_clock::time_point data_from{};
  std::string role;                          // "master", "slave", "sentinel" or "" as INFO said
  std::vector<Sample> samples;               // ordered by family id; within one, as added
  std::shared_ptr<const void> series_owner;  // keeps the Series alive
};

// Makes the snapshots of one target. Not thread-safe; the snapshots may be read by any thread.
class SnapshotBuilder {
 public:
  // Series beyond this many in one snapshot are left out and counted in `dropped()`.
  static constexpr std::size_t kMaxSeries = 200'000;

  SnapshotBuilder();

  // Starts a snapshot; what an unfinished one held is dropped.
  void begin();
  // Adds a sample. One with a null family (FamilyRegistry::get may answer that) is dropped; one of
  // a series that the snapshot already holds is ignored: the first stays.
  void add(const Family* family, double value, LabelViews labels = {},
           Suffix suffix = Suffix::kNone, bool takes_role = true);
  void add(const Family* family, double value, std::initializer_list<LabelView> labels,
           Suffix suffix = Suffix::kNone, bool takes_role = true) {
    add(family, value, LabelViews(labels.begin(), labels.size()), suffix, takes_role);
  }
  // Adds the samples of `older` whose family has none yet. `older` must be a product of this
  // builder.
  void carry_over(const Snapshot& older);
  // Ends it. The caller fills in times and role.
  std::shared_ptr<Snapshot> finish();

  // Samples that this snapshot, or the last finished one, had to leave out.
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Table;
  using Place = std::uint32_t;  // among the entries of the table
  std::optional<Place> guess(const Family* family, LabelViews labels, Suffix suffix);
  Place find_or_make(const Family* family, LabelViews labels, Suffix suffix, bool takes_role);

  std::shared_ptr<Table> table_;
  std::vector<Sample> samples_;    // of the snapshot in the making, in order of adding
  std::vector<Place> order_;       // of these samples
  std::vector<Place> last_order_;  // of the snapshot before: what is likely to come next
  std::size_t next_guess_ = 0;     // index into last_order_
  std::uint64_t number_ = 0;       // of the snapshot in the making
  std::uint64_t dropped_ = 0;
};

}  // namespace hitwatch::metrics
