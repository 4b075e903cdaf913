#include "collectors/apps/otlp_streams.h"

#include <algorithm>
#include <utility>

namespace hitwatch::apps {
namespace {

OtlpStep step_delta(OtlpStream& last, std::uint64_t start, std::uint64_t time) {
  if (last.time != 0) {
    if (start == last.start && time == last.time) return OtlpStep::kOutOfOrder;
    if (start == 0 && time <= last.time) return OtlpStep::kOutOfOrder;
    // Two collections within the same tick of a clock still follow each other.
    if (start != 0 && start < last.time) {
      if (last.gaps.fill(start, time)) return OtlpStep::kWhole;
      return time <= last.time ? OtlpStep::kOutOfOrder : OtlpStep::kOverlap;
    }
  }
  if (start != 0) {
    last.gaps.leave(last.time, start);
    last.start = start;
  }
  last.time = time;
  return OtlpStep::kWhole;
}

OtlpStep step_cumulative(const OtlpStream& last, std::uint64_t start, std::uint64_t time,
                         std::uint64_t complete_since) {
  const bool starts_from_zero = start != 0 && start < time;
  if (last.time == 0) {
    return starts_from_zero && start >= complete_since ? OtlpStep::kWhole : OtlpStep::kBaseline;
  }
  if (time <= last.time) return OtlpStep::kOutOfOrder;
  if (start == last.start || start == 0 || last.start == 0) return OtlpStep::kIncrease;
  if (start < last.start) return OtlpStep::kOverlap;
  return starts_from_zero ? OtlpStep::kWhole : OtlpStep::kBaseline;
}

}  // namespace

OtlpStep OtlpStream::step(std::uint64_t point_start, std::uint64_t point_time,
                          std::uint64_t complete_since) {
  if (!is_cumulative) return step_delta(*this, point_start, point_time);
  const OtlpStep result = step_cumulative(*this, point_start, point_time, complete_since);
  if (result == OtlpStep::kOutOfOrder || result == OtlpStep::kOverlap) return result;
  if (point_start != 0) start = point_start;
  time = point_time;
  return result;
}

std::size_t OtlpStreams::bytes_of(const OtlpStream& stream) {
  return sizeof stream + stream.lookup.bytes() + stream.gaps.bytes() +
         stream.buckets.counts.capacity() * sizeof(std::uint64_t);
}

OtlpStream& OtlpStreams::add(std::uint64_t identity) {
  table_.add(identity, static_cast<std::uint32_t>(streams_.size()));
  OtlpStream& stream = streams_.emplace_back();
  stream.identity = identity;
  bytes_ += sizeof stream;
  return stream;
}

std::uint64_t OtlpStreams::forget(std::uint64_t time) {
  std::uint64_t latest_start = 0;
  const auto is_idle = [time](const OtlpStream& stream) { return stream.heard < time; };
  for (const OtlpStream& stream : streams_) {
    if (stream.is_cumulative && is_idle(stream))
      latest_start = std::max(latest_start, stream.start);
  }
  if (std::erase_if(streams_, is_idle) == 0) return 0;
  table_.clear();
  bytes_ = 0;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    table_.add(streams_[i].identity, static_cast<std::uint32_t>(i));
    bytes_ += bytes_of(streams_[i]);
  }
  return latest_start;
}

void OtlpStreams::clear() {
  streams_.clear();
  table_.clear();
  bytes_ = 0;
}

}  // namespace hitwatch::apps
