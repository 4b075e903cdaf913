#include "agent/trace/figures.h"

#include <span>
#include <string>

namespace hitwatch::trace {
namespace {

prometheus::MetricFamily trace_family(const char* name, const char* help,
                                      prometheus::MetricType type) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

prometheus::MetricFamily counters_by(const char* name, const char* help, const char* label,
                                     std::span<const std::string_view> words,
                                     std::span<const std::uint64_t> counts) {
  auto family = trace_family(name, help, prometheus::MetricType::Counter);
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto& metric = family.metric.emplace_back();
    metric.label = {{label, std::string(words[i])}};
    metric.counter.value = static_cast<double>(counts[i]);
  }
  return family;
}

}  // namespace

std::vector<prometheus::MetricFamily> trace_metrics(const Figures& figures) {
  auto exported =
      trace_family("hitwatch_spans_exported_total", "Spans that the receiver of traces has taken.",
                   prometheus::MetricType::Counter);
  exported.metric.emplace_back().counter.value = static_cast<double>(figures.exported);
  auto queued = trace_family("hitwatch_spans_queued",
                             "Spans that wait to be sent, or for the receiver's answer.",
                             prometheus::MetricType::Gauge);
  queued.metric.emplace_back().gauge.value = static_cast<double>(figures.queued);
  return {std::move(exported),
          counters_by("hitwatch_spans_dropped_total", "Spans that were lost, by why.", "reason",
                      kDropWords, figures.dropped),
          std::move(queued),
          counters_by("hitwatch_trace_requests_total",
                      "Requests to the receiver of traces, by how they ended.", "outcome",
                      kRequestEndWords, figures.requests)};
}

}  // namespace hitwatch::trace
