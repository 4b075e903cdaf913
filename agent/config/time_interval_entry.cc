#include "agent/config/time_interval_entry.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <string>
#include <utility>

#include "agent/config/schema.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using notify::Span;
using notify::TimeSpec;
using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

struct SpanKey {
  std::string_view key;
  std::vector<Span> TimeSpec::* field;
  std::expected<Span, std::string> (*parse)(std::string_view);
};

constexpr auto kSpanKeys = std::to_array<SpanKey>({
    {"weekdays", &TimeSpec::weekdays, notify::parse_weekdays},
    {"days_of_month", &TimeSpec::days_of_month, notify::parse_days_of_month},
    {"months", &TimeSpec::months, notify::parse_months},
    {"years", &TimeSpec::years, notify::parse_years},
});

// The items of a list that must have some.
std::vector<Value> read_some(Mapping& mapping, std::string_view key) {
  auto items = mapping.read_items(key);
  const auto value = mapping.take(key);
  if (value && items.empty() && value->node->kind == yaml::Node::Kind::kSequence) {
    mapping.reader().fault(*value->node, value->path, "is an empty list, which never holds");
  }
  return items;
}

std::optional<int> read_time_of_day(Mapping& mapping, std::string_view key) {
  const auto value = mapping.take(key);
  if (!value) return std::nullopt;
  const auto text = mapping.reader().text(*value->node, value->path);
  if (!text) return std::nullopt;
  const auto time = notify::parse_time_of_day(*text);
  if (time) return *time;
  mapping.reader().fault(*value->node, value->path,
                         fmt::format("{} {}", yaml::shown(*text), time.error()));
  return std::nullopt;
}

void read_times(Reader& reader, const Value& item, std::vector<Span>& out) {
  Mapping mapping(reader, *item.node, item.path, kTimesSchema);
  const auto start = read_time_of_day(mapping, "start_time");
  const auto end = read_time_of_day(mapping, "end_time");
  mapping.finish();
  if (!mapping.has("start_time") || !mapping.has("end_time")) {
    reader.fault(*item.node, item.path, "needs a start_time and an end_time");
  }
  if (!start || !end) return;
  if (*start >= *end) {
    reader.fault(*item.node, item.path,
                 "ends before it begins; a span over midnight is written as two");
    return;
  }
  out.push_back({*start, *end});
}

TimeSpec read_spec(Reader& reader, const Value& item) {
  Mapping mapping(reader, *item.node, item.path, kTimeSpecSchema);
  TimeSpec spec;
  for (const Value& times : read_some(mapping, "times")) read_times(reader, times, spec.times);
  for (const auto& [key, field, parse] : kSpanKeys) {
    for (const Value& entry : read_some(mapping, key)) {
      const auto text = reader.text(*entry.node, entry.path);
      if (!text) continue;
      if (const auto span = parse(*text)) {
        (spec.*field).push_back(*span);
      } else {
        reader.fault(*entry.node, entry.path,
                     fmt::format("{} {}", yaml::shown(*text), span.error()));
      }
    }
  }
  mapping.read("location", spec.location);
  const auto location = mapping.take("location");
  if (location && !notify::is_location(spec.location)) {
    reader.fault(*location->node, location->path,
                 fmt::format("{} is not in this machine's time zone database (tzdata)",
                             yaml::shown(spec.location)));
  }
  mapping.finish();
  return spec;
}

}  // namespace

void read_time_intervals(Mapping& parent, std::string_view key,
                         std::vector<notify::TimeInterval>& out) {
  Reader& reader = parent.reader();
  std::set<std::string, std::less<>> names;
  for (const notify::TimeInterval& interval : out) names.insert(interval.name);
  for (const Value& item : parent.read_items(key)) {
    Mapping mapping(reader, *item.node, item.path, kTimeIntervalSchema);
    notify::TimeInterval interval;
    mapping.read("name", interval.name);
    const auto name = mapping.take("name");
    if (!name || interval.name.empty()) {
      reader.fault(*item.node, item.path, "needs a name");
    } else if (!names.insert(interval.name).second) {
      reader.fault(*name->node, name->path,
                   fmt::format("there is a time interval {} already", yaml::shown(interval.name)));
    }
    for (const Value& spec : mapping.read_items("time_intervals")) {
      interval.specs.push_back(read_spec(reader, spec));
    }
    mapping.finish();
    out.push_back(std::move(interval));
  }
}

}  // namespace hitwatch::config
