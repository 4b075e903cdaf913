// Lines of StatsD become lookups: each is read, given its meaning, and counted or rejected as a
// whole.
//
// A counter of v at rate r is v/r lookups, a timing at rate r is one value of weight 1/r: no line
// costs more than its length.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/apps/options.h"
#include "collectors/apps/statsd_line.h"
#include "collectors/apps/statsd_names.h"
#include "collectors/lookups/lookup.h"

namespace hitwatch::apps {

// What became of lines.
struct StatsdTally {
  std::uint64_t lines = 0;    // all but empty ones
  std::uint64_t ignored = 0;  // names that mean nothing here, events, service checks
  std::array<std::uint64_t, kRejections> rejected{};  // by Rejection
};

// What forbids to count these samples under a name of that meaning, from the left: a type that does
// not go with it, a number below zero, one out of bounds.
std::optional<Rejection> check_samples(const StatsdLine& line, StatsdMeaning::Kind kind);

class StatsdCounting {
 public:
  // The lines of a datagram, or of a piece of a stream that ends with a line. `Recorder` is
  // lookups::Store::Recorder, or anything with its `count` and `time`.
  template <typename Recorder>
  void take_lines(std::string_view text, StatsdNames& names, Recorder& recorder) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      take_line(text.substr(0, end), names, recorder);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  // One line, without "\n".
  template <typename Recorder>
  void take_line(std::string_view line, StatsdNames& names, Recorder& recorder) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return;
    ++tally_.lines;
    if (is_skipped_line(line)) {
      ++tally_.ignored;
      return;
    }
    auto read = reader_.read(line);
    if (!read) return count_rejected(read.error());
    const auto kind = names.find(read->name, read->subject);
    if (!kind) {
      ++tally_.ignored;
      return;
    }
    if (const auto fault = check_samples(*read, *kind)) return count_rejected(*fault);
    record(*read, *kind, recorder);
  }

  // A line whose bytes are not at hand.
  void reject_line(Rejection rejection) {
    ++tally_.lines;
    count_rejected(rejection);
  }

  const StatsdTally& tally() const { return tally_; }

 private:
  void count_rejected(Rejection rejection) {
    ++tally_.rejected[static_cast<std::size_t>(rejection)];
  }

  template <typename Recorder>
  static void record(const StatsdLine& line, StatsdMeaning::Kind kind, Recorder& recorder) {
    using Kind = StatsdMeaning::Kind;
    constexpr double kMillisecondsPerSecond = 1000;
    constexpr lookups::Source kSource = lookups::Source::kStatsd;
    for (const StatsdSample& sample : line.samples) {
      if (kind == Kind::kLatency) {
        recorder.time(line.subject, kSource, sample.number / kMillisecondsPerSecond,
                      1 / sample.rate);
      } else if (sample.number > 0) {  // no lookups are none
        recorder.count(line.subject, kSource, outcome_of(kind), sample.number / sample.rate);
      }
    }
  }

  static lookups::Outcome outcome_of(StatsdMeaning::Kind kind) {
    using Kind = StatsdMeaning::Kind;
    if (kind == Kind::kHit) return lookups::Outcome::kHit;
    return kind == Kind::kMiss ? lookups::Outcome::kMiss : lookups::Outcome::kError;
  }

  StatsdLineReader reader_;
  StatsdTally tally_;
};

}  // namespace hitwatch::apps
