#include "agent/reference/metric_unit.h"

#include <cstddef>
#include <ranges>
#include <utility>

namespace hitwatch::reference {
namespace {

constexpr std::pair<std::string_view, std::string_view> kUnitWords[] = {
    {"bytes", "bytes"},        {"hz", "hertz"},    {"kbps", "kilobytes a second"},
    {"milliseconds", "ms"},    {"ms", "ms"},       {"perc", "percent"},
    {"percentage", "percent"}, {"ratio", "ratio"}, {"sec", "seconds"},
    {"seconds", "seconds"},    {"usec", "µs"},
};

bool has_word(std::string_view metric, std::string_view word) {
  for (const auto part : metric | std::views::split('_')) {
    if (std::string_view(part) == word) return true;
  }
  return false;
}

}  // namespace

std::string_view unit_of(std::string_view metric) {
  if (has_word(metric, "timestamp") || metric.ends_with("_start_time_seconds")) {
    return "Unix time";
  }
  // "…_ops_per_sec" are things.
  if (metric.ends_with("_per_sec")) return "";
  for (const auto& [word, unit] : kUnitWords) {
    if (has_word(metric, word)) return unit;
  }
  return "";
}

}  // namespace hitwatch::reference
