#include "collectors/apps/otlp_gaps.h"

#include <algorithm>

namespace hitwatch::apps {

void OtlpGaps::leave(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return;
  if (gaps_.size() == kMost) gaps_.erase(gaps_.begin());
  gaps_.push_back({begin, end});
}

bool OtlpGaps::fill(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return false;
  const auto gap = std::ranges::find_if(
      gaps_, [&](const Gap& one) { return one.begin <= begin && end <= one.end; });
  if (gap == gaps_.end()) return false;
  const Gap after{end, gap->end};
  gap->end = begin;
  const bool before_is_left = gap->begin < gap->end;
  if (after.begin < after.end) {
    if (before_is_left) {
      gaps_.insert(gap + 1, after);
    } else {
      *gap = after;
    }
  } else if (!before_is_left) {
    gaps_.erase(gap);
  }
  if (gaps_.size() > kMost) gaps_.erase(gaps_.begin());
  return true;
}

}  // namespace hitwatch::apps
