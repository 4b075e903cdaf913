#include "agent/trace/figures.h"

#include <span>
#include <string>
#include <utility>

namespace hitwatch::trace {
namespace {

using metrics::Description;
using enum metrics::Type;

constexpr Description kExported = {"hitwatch_spans_exported_total", kCounter,
                                   "Spans that the receiver of traces has taken."};
constexpr Description kDropped = {"hitwatch_spans_dropped_total", kCounter,
                                  "Spans that were lost, by why.", "reason"};
constexpr Description kQueued = {"hitwatch_spans_queued", kGauge,
                                 "Spans that wait to be sent, or for the receiver's answer."};
constexpr Description kRequests = {"hitwatch_trace_requests_total", kCounter,
                                   "Requests to the receiver of traces, by how they ended.",
                                   "outcome"};

prometheus::MetricFamily one_value(const Description& description, double value) {
  auto family = metrics::family_of(description);
  metrics::add_sample(family, value);
  return family;
}

prometheus::MetricFamily counters_by(const Description& description,
                                     std::span<const std::string_view> words,
                                     std::span<const std::uint64_t> counts) {
  auto family = metrics::family_of(description);
  for (std::size_t i = 0; i < words.size(); ++i) {
    metrics::add_sample(family, static_cast<double>(counts[i])).label = {
        {std::string(description.labels), std::string(words[i])}};
  }
  return family;
}

}  // namespace

std::vector<prometheus::MetricFamily> trace_metrics(const Figures& figures) {
  return {one_value(kExported, static_cast<double>(figures.exported)),
          counters_by(kDropped, kDropWords, figures.dropped),
          one_value(kQueued, static_cast<double>(figures.queued)),
          counters_by(kRequests, kRequestEndWords, figures.requests)};
}

std::vector<Description> trace_descriptions() { return {kExported, kDropped, kQueued, kRequests}; }

}  // namespace hitwatch::trace
