// The last 15 minutes of every series of lookups, in bounded memory.
//
// Time is cut into slots of ten seconds, which become one slot of a minute when they are older than
// that. A closed slot is one immutable string of bytes (slot.h). When all slots together exceed a
// bound, the two oldest neighbours that together span little enough become one; where there are
// none, the oldest goes, and the longest window gets shorter.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/lookups/lookup.h"

namespace hitwatch::lookups {

using Clock = std::chrono::steady_clock;

constexpr auto kWindows = std::to_array<std::chrono::seconds>(
    {std::chrono::minutes(1), std::chrono::minutes(5), std::chrono::minutes(15)});
constexpr std::chrono::seconds kSlot{10};
constexpr std::chrono::minutes kLongestMergedSlot{4};

// What happened in a window.
struct WindowTotals {
  double hits = 0;
  double misses = 0;
  double errors = 0;
  double timed = 0;  // lookups whose latency is known
  // Seconds, from the fine buckets, linear within one; NaN if nothing was timed.
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;

  double lookups() const { return hits + misses; }
};
using Windows = std::array<WindowTotals, kWindows.size()>;  // in the order of kWindows

enum class SortKey : std::uint8_t {
  kMisses,
  kMissRatio,
  kHits,
  kLookups,
  kErrors,
  kP50,
  kP95,
  kP99,
  kTenant,
  kType,
};

// Which series are wanted, and in what order.
struct RecentQuery {
  std::function<bool(std::string_view)> tenant = {};  // empty: every one
  std::function<bool(std::string_view)> type = {};
  std::string layer = "";  // "": every one
  std::optional<Source> source = std::nullopt;
  double min_lookups = 0;  // in the window that sorts
  SortKey sort = SortKey::kMisses;
  std::size_t window = 1;  // index into kWindows: which one sorts
  bool ascending = false;
  std::size_t limit = 100;
};

struct RecentRow {
  std::string tenant;
  std::string type;
  std::string layer;
  Source source = Source::kStatsd;
  Windows windows;
};

struct RecentRows {
  std::vector<RecentRow> rows;
  std::size_t total = 0;  // how many there are without the limit
  // How long each window really is: shorter than asked for soon after the start, else up to a slot
  // longer.
  std::array<std::chrono::duration<double>, kWindows.size()> covered{};
};

// A slot that is closed.
struct ClosedSlot {
  Clock::time_point begin;
  Clock::time_point end;
  std::shared_ptr<const std::string> bytes;
};

// Closed slots, the oldest first. Not thread-safe.
class ClosedSlots {
 public:
  explicit ClosedSlots(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  // Takes the newest.
  void add(ClosedSlot slot) { slots_.push_back(std::move(slot)); }
  // Merges what has become old, drops what is older than the longest window. With the most series
  // that takes tens of milliseconds; a copy of this costs nothing.
  void settle();
  const std::vector<ClosedSlot>& slots() const { return slots_; }
  std::size_t bytes() const;

 private:
  void merge_minutes(Clock::time_point now);
  void merge(std::size_t begin, std::size_t end);
  void make_room();

  std::size_t most_bytes_;
  std::vector<ClosedSlot> slots_;
};

// A series found in slots.
struct RecentSeries {
  std::uint32_t row;
  Windows windows;
};

// Adds up slots (the oldest first, the last may be open until `now`) by series, in ascending order
// of rows, and says how much of time each window covers.
std::array<std::chrono::duration<double>, kWindows.size()> add_up(
    const std::vector<ClosedSlot>& slots, Clock::time_point now,
    const std::function<void(const RecentSeries&)>& each);

}  // namespace hitwatch::lookups
