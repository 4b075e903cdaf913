// Metric families: name, type and help text, known to the process by a small dense number.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hitwatch::metrics {

class SeriesPool;

enum class Type : std::uint8_t { kCounter, kGauge, kHistogram, kSummary, kUnknown };

// What an exposition may be written in: Prometheus' text format 0.0.4 or OpenMetrics 1.0.
enum class Format : std::uint8_t { kText, kOpenMetrics };

// The word of the TYPE line of text format 0.0.4 ("untyped" for kUnknown).
std::string_view type_word(Type type);

// Appends the HELP and TYPE lines. In OpenMetrics a counter stands there without its `_total`, and
// one that has none is `unknown`. The other form takes the word of the type as it is.
void append_head(std::string& out, Format format, std::string_view name, Type type,
                 std::string_view help);
void append_head(std::string& out, Format format, std::string_view name, std::string_view type,
                 std::string_view help);

// Immutable once registered; lives as long as its registry.
struct Family {
  std::uint32_t id;  // dense from 0, in order of registration: the order of the exposition
  std::string name;  // full, with the namespace
  Type type;
  std::string help;
  std::shared_ptr<SeriesPool> series;  // those that snapshots have of it
  std::array<std::string, 2> heads;    // HELP and TYPE lines by Format: most of what a scrape gets

  const std::string& head(Format format) const { return heads[static_cast<std::size_t>(format)]; }
};

// Hands out one Family per name. Names come from tables, and a few from servers (INFO's `cluster_*`
// and the like), so their number is bounded. Thread-safe.
class FamilyRegistry {
 public:
  static constexpr std::size_t kMaxFamilies = 8192;

  FamilyRegistry() = default;
  FamilyRegistry(const FamilyRegistry&) = delete;
  FamilyRegistry& operator=(const FamilyRegistry&) = delete;

  // The family called `name`; made if it is new. The first registration of a name decides type and
  // help. nullptr if `name` is no metric name or the registry is full.
  const Family* get(std::string_view name, Type type, std::string_view help);

 private:
  std::mutex mutex_;
  std::deque<Family> families_;
  std::unordered_map<std::string_view, const Family*> by_name_;
};

}  // namespace hitwatch::metrics
