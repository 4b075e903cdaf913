// What the daemon says of the spans that it sends, as metric families.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/metrics/description.h"

namespace hitwatch::trace {

// Why spans are lost.
enum class Drop : std::uint8_t {
  kQueueFull,  // there was no room
  kRefused,    // the receiver does not want the request
  kRejected,   // the receiver took the request, but not them
  kExpired,    // the receiver could not be reached for too long
  kShutdown    // the daemon ended, or tracing was switched off, before they were sent
};
constexpr auto kDropWords =
    std::to_array<std::string_view>({"queue_full", "refused", "rejected", "expired", "shutdown"});

// How requests end.
enum class RequestEnd : std::uint8_t { kAccepted, kPartial, kTooLarge, kRefused, kBusy, kFailed };
constexpr auto kRequestEndWords = std::to_array<std::string_view>(
    {"accepted", "partial", "too_large", "refused", "busy", "failed"});

struct Figures {
  std::uint64_t exported = 0;                                     // spans
  std::array<std::uint64_t, kDropWords.size()> dropped{};         // spans, by Drop
  std::array<std::uint64_t, kRequestEndWords.size()> requests{};  // by RequestEnd
  std::size_t queued = 0;  // spans that wait to be sent, or for an answer

  std::uint64_t& of(Drop drop) { return dropped[static_cast<std::size_t>(drop)]; }
  std::uint64_t& of(RequestEnd end) { return requests[static_cast<std::size_t>(end)]; }
};

std::vector<prometheus::MetricFamily> trace_metrics(const Figures& figures);
// Of all of these.
std::vector<metrics::Description> trace_descriptions();

}  // namespace hitwatch::trace
