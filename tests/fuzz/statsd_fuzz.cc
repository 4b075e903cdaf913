// Bytes as StatsD: the reader against the reference, line by line; then all of them counted at
// once, and once more as a stream that is cut in pieces, with the same result.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/apps/statsd_counting.h"
#include "collectors/apps/statsd_stream.h"
#include "tests/apps/reference_statsd.h"

namespace {

using namespace hitwatch::apps;
namespace lookups = hitwatch::lookups;
namespace keys = hitwatch::keys;

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

// Holds what it is told against the bounds of lookups, and sums it up.
struct CheckedRecorder {
  void count(const lookups::Subject& subject, lookups::Source, lookups::Outcome, double weight) {
    require(weight > 0 && weight <= lookups::kMaxWeight, "a weight is out of bounds");
    note(subject, weight);
  }
  void time(const lookups::Subject& subject, lookups::Source, double seconds, double weight) {
    require(seconds >= 0 && seconds <= lookups::kMaxSeconds, "a time is out of bounds");
    require(weight >= 1 && weight <= lookups::kMaxWeight, "a weight is out of bounds");
    note(subject, weight + seconds);
  }
  void note(const lookups::Subject& subject, double amount) {
    sum += amount;
    bytes += subject.tenant.size() + subject.type.size() + subject.key.size() +
             subject.operation.size() + subject.layer.size();
  }

  double sum = 0;
  std::size_t bytes = 0;
};

std::vector<StatsdMeaning> some_mapping() {
  return {{keys::Pattern::parse("a.{tenant}.{operation}.hit").value(), StatsdMeaning::Kind::kHit},
          {keys::Pattern::parse("a").value(), StatsdMeaning::Kind::kLatency},
          {keys::Pattern::parse("my.*").value(), StatsdMeaning::Kind::kMiss}};
}

void compare_lines(std::string_view bytes) {
  StatsdLineReader reader;
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string difference = reference::difference(reader, std::string(bytes.substr(0, end)));
    require(difference.empty(), difference);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<StatsdMeaning> mapping = some_mapping();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  compare_lines(bytes);

  StatsdNames names(mapping);
  StatsdCounting at_once;
  CheckedRecorder all;
  at_once.take_lines(bytes, names, all);
  StatsdCounting in_pieces;
  CheckedRecorder pieces;
  StatsdStream stream;
  for (std::size_t at = 0; at < size;) {
    const std::size_t piece = std::min<std::size_t>(1 + data[at] % 64U, size - at);
    stream.feed(bytes.substr(at, piece), in_pieces, names, pieces);
    at += piece;
  }
  stream.finish(in_pieces, names, pieces);
  require(all.sum == pieces.sum && all.bytes == pieces.bytes, "the stream counted otherwise");
  require(at_once.tally().lines == in_pieces.tally().lines &&
              at_once.tally().ignored == in_pieces.tally().ignored &&
              at_once.tally().rejected == in_pieces.tally().rejected,
          "the stream has other lines");
  return 0;
}
