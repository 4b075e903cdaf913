// Puts what was collected into the window, as a Prometheus that scrapes /metrics with
// `honor_labels: true` would store it: with the labels job and instance, and with a stale marker
// where a series ends; bounds of buckets are canonical (`le="8.0"`), as Prometheus 3 stores them
// whatever the format says, and Prometheus 2 where it scrapes OpenMetrics. Of the thread that owns
// the window.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/metrics/labels.h"
#include "agent/metrics/snapshot.h"
#include "rules/window/window.h"

namespace hitwatch::rules {

// What is known of a target after a poll.
struct Observation {
  metrics::Labels labels;  // of every series: job, instance and the target's own
  std::string role;        // the label instance_role, where that is wanted
  std::string place = {};  // the label role of series that have none of their own
  std::vector<std::shared_ptr<const metrics::Snapshot>> snapshots;  // each from its own builder
  std::int64_t time = 0;                                            // milliseconds
};

class Feed {
 public:
  explicit Feed(window::Window& window) : window_(window) {}

  // `target` tells the targets apart. A series that the observation before had and this one lacks
  // ends now.
  void take(const std::string& target, const Observation& observation);
  // The same for an exposition in text. `labels` are added where a series has none of that name.
  void take_exposition(const std::string& source, std::string_view text,
                       const metrics::Labels& labels, std::int64_t time);
  // Ends all series of the targets, and sources of expositions, that are not named.
  void keep_only(const std::set<std::string>& named, std::int64_t time);

  std::uint64_t samples() const { return samples_; }  // taken so far
  // Samples that were not newer than the last of their series.
  std::uint64_t samples_refused() const { return samples_refused_; }
  // Lines of expositions that are no samples.
  std::uint64_t lines_refused() const { return lines_refused_; }

 private:
  // A series of a snapshot and that of the window; null where nobody wants it.
  using Pair = std::pair<const metrics::Series*, window::Series*>;
  struct Track {
    std::shared_ptr<const void> owner;  // of the snapshots' series
    std::vector<Pair> pairs;            // of the last snapshot, in its order
  };
  struct Source {
    metrics::Labels labels;
    std::string role;
    std::string place;
    std::vector<Track> tracks;                                 // by place among the snapshots
    std::unordered_map<std::string, window::Series*> by_text;  // of an exposition
    // Of the window, when its series were found.
    std::uint64_t wanted_generation = 0;
    std::uint64_t series_generation = 0;
  };

  // Finds the window's series anew where they may be gone, or may be wanted now.
  void refresh(Source& source);
  void take_snapshot(Source& source, Track& track, const metrics::Snapshot* snapshot,
                     std::int64_t time);
  window::Series* find(const Source& source, const metrics::Series& series);
  window::Series* find(std::string_view text, const metrics::Labels& labels);
  void append(window::Series* series, std::int64_t time, double value);
  void end(Source& source, std::int64_t time);
  // Ends the series of `former` that `present` has not.
  void end_missing(const std::vector<Track>& former, const std::vector<Track>& present,
                   std::int64_t time);

  window::Window& window_;
  std::unordered_map<std::string, Source> sources_;
  std::uint64_t samples_ = 0;
  std::uint64_t samples_refused_ = 0;
  std::uint64_t lines_refused_ = 0;
  std::string name_;                        // scratch
  std::string bound_;                       // scratch
  std::vector<metrics::LabelView> labels_;  // scratch
};

}  // namespace hitwatch::rules
