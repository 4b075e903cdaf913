#include "collectors/tap/group_figures.h"

#include <algorithm>

namespace hitwatch::tap {
namespace {

constexpr std::size_t kMostExamples = 3;
constexpr std::size_t kLongestExample = 128;
constexpr double kNanosecond = 1e-9;

}  // namespace

void GroupFigures::count(const resp::KeyUse& use, std::uint64_t exchange) {
  Figures added = figures_of(use);
  added.commands = exchange == latest ? 0 : 1;
  latest = exchange;
  figures += added;
  if (examples.size() < kMostExamples) keep_example(use.key);
}

void GroupFigures::merge(const GroupFigures& other) {
  figures += other.figures;
  for (std::size_t i = 0; i < latencies.size(); ++i) latencies[i] += other.latencies[i];
  for (const std::string& example : other.examples) {
    if (examples.size() < kMostExamples) keep_example(example);
  }
}

void GroupFigures::keep_example(std::string_view key) {
  key = key.substr(0, kLongestExample);
  if (std::ranges::find(examples, key) == examples.end()) examples.emplace_back(key);
}

Figures figures_of(const resp::KeyUse& use) {
  return {.hits = use.hits,
          .misses = use.misses,
          .lookup_hits = use.lookup == resp::Lookup::kHit ? 1U : 0U,
          .lookup_misses = use.lookup == resp::Lookup::kMiss ? 1U : 0U,
          .lookups_undecided = use.lookup == resp::Lookup::kUndecided ? 1U : 0U,
          .bytes_in = use.bytes_in,
          .bytes_out = use.bytes_out};
}

Figures figures_of(const resp::Exchange& exchange) {
  Figures figures{.commands = 1,
                  .lookup_hits = exchange.lookups.hits,
                  .lookup_misses = exchange.lookups.misses,
                  .lookups_undecided = exchange.lookups.undecided,
                  .errors = is_error(exchange) ? 1U : 0U,
                  .bytes_in = exchange.request_bytes,
                  .bytes_out = exchange.reply_bytes};
  for (const resp::KeyUse& use : exchange.keys) {
    figures.hits += use.hits;
    figures.misses += use.misses;
  }
  return figures;
}

bool is_error(const resp::Exchange& exchange) {
  return exchange.error == resp::ReplyError::kFailed ||
         exchange.error == resp::ReplyError::kRefused;
}

void count_latency(Latencies& latencies, packets::Time latency) {
  ++latencies[lookups::fine_bucket(static_cast<double>(latency) * kNanosecond)];
}

}  // namespace hitwatch::tap
