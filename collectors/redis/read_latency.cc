// LATENCY LATEST, https://redis.io/docs/latest/commands/latency-latest/, and LATENCY HISTOGRAM.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

constexpr int kHistogram = 70000;  // Redis has LATENCY HISTOGRAM

void follow_history(std::string_view name, std::int64_t at, Collection& collection) {
  Recording* recording = collection.recording;
  if (recording == nullptr || !recording->latency_is_news(std::string(name), at)) return;
  collection.follow_up.push_back(
      {"latency_history",
       {"LATENCY", "HISTORY", std::string(name)},
       [event = std::string(name)](const Reply& reply, Collection& into) {
         if (into.recording == nullptr) return;
         // Pairs of a time in seconds and a length in milliseconds, the oldest first.
         for (const Reply& spike : reply.elements) {
           if (spike.elements.size() < 2) continue;
           const auto when = spike.elements[0].as_integer();
           const auto length = spike.elements[1].as_integer();
           if (!when || !length || *when < 0 || *when > kLatestSecond) continue;
           into.recording->add_latency(event, *when,
                                       std::clamp<std::int64_t>(*length, 0, kLongestMilliseconds));
         }
       }});
}

// Per event: name, time of the last spike, its length and the longest one's, in milliseconds.
void read_latest(const Reply& reply, Collection& collection) {
  const Families& families = collection.families;
  for (const Reply& event : reply.elements) {
    if (event.elements.size() < 4) continue;
    const std::string_view name = event.elements[0].string();
    const auto at = event.elements[1].as_integer();
    const auto last = event.elements[2].as_integer();
    const auto most = event.elements[3].as_integer();
    if (!at || !last || !most) continue;
    const auto add = [&](Metric metric, double value) {
      collection.out.add(families[metric], value, {{"event_name", name}});
    };
    add(Metric::kLatencySpikeLast, static_cast<double>(*at));
    add(Metric::kLatencySpikeDuration, static_cast<double>(*last) / 1e3);
    add(Metric::kLatencySpikeMax, static_cast<double>(*most) / 1e3);
    follow_history(name, *at, collection);
  }
  if (collection.recording != nullptr) collection.recording->latency_was_read();
  collection.server.standing.keep_latency_events(reply.is_array() && reply.elements.empty());
}

// `histogram_usec`: upper edges in microseconds and the calls up to each, only where it grows.
void add_buckets(const Reply& buckets, std::string_view command, Collection& collection) {
  const metrics::Family* family = collection.families[Metric::kCommandsLatencies];
  for (std::size_t i = 0; i + 1 < buckets.elements.size(); i += 2) {
    const auto edge = buckets.elements[i].as_integer();
    const auto count = buckets.elements[i + 1].as_integer();
    if (!edge || !count) continue;
    std::array<char, 24> text{};
    const auto* end = fmt::format_to(text.data(), "{}", *edge);
    const std::string_view le(text.data(), static_cast<std::size_t>(end - text.data()));
    collection.out.add(family, static_cast<double>(*count), {{"cmd", command}, {"le", le}},
                       metrics::Suffix::kBucket);
  }
}

void add_histogram(std::string_view command, const Reply& histogram, Collection& collection) {
  const metrics::Family* family = collection.families[Metric::kCommandsLatencies];
  std::optional<std::int64_t> calls;
  for_each_pair(histogram, [&](std::string_view name, const Reply& value) {
    if (name == "calls") calls = value.as_integer();
    if (name == "histogram_usec") add_buckets(value, command, collection);
  });
  if (!calls) return;
  const auto count = static_cast<double>(*calls);
  // The server tells the sum only in INFO; of a command first called since then it is not known.
  const CommandTotals* totals = collection.server.commands.find(command);
  collection.out.add(family, count, {{"cmd", command}, {"le", "+Inf"}}, metrics::Suffix::kBucket);
  collection.out.add(family, totals == nullptr ? 0 : totals->usec, {{"cmd", command}},
                     metrics::Suffix::kSum);
  collection.out.add(family, count, {{"cmd", command}}, metrics::Suffix::kCount);
}

void read_histograms(const Reply& reply, Collection& collection) {
  for_each_pair(reply, [&](std::string_view command, const Reply& histogram) {
    if (!command.empty()) add_histogram(command, histogram, collection);
  });
}

}  // namespace

void plan_latency_events(const CollectOptions& options, std::vector<Request>& out) {
  if (options.latency) out.push_back({"latency", {"LATENCY", "LATEST"}, read_latest});
}

void plan_latency(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out) {
  if (!options.latency) return;
  if (!server.standing.has_no_latency_events()) plan_latency_events(options, out);
  if (server.version_number >= kHistogram && !server.dragonfly) {
    out.push_back({"latency_histogram", {"LATENCY", "HISTOGRAM"}, read_histograms});
  }
}

}  // namespace hitwatch::redis
