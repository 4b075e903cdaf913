#include "agent/config/sample_section.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "agent/config/bounded_values.h"
#include "agent/config/schema.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using yaml::Mapping;

// "1%" is 0.01. Nothing for anything but a number over 0 and up to 100 with its sign.
std::optional<double> parse_percentage(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(number > 0) || !(number <= 100)) return std::nullopt;
  return number / 100;
}

void read_budget(Mapping& mapping, double& out) {
  const auto value = mapping.take("budget");
  if (!value) return;
  const auto text = mapping.reader().text(*value->node, value->path);
  if (!text) return;
  if (const auto share = parse_percentage(*text)) {
    out = *share;
    return;
  }
  mapping.reader().fault(*value->node, value->path,
                         fmt::format("{} is not a percentage over 0% and up to 100%: write it like "
                                     "1% or 0.5%",
                                     yaml::shown(value->node->text)));
}

}  // namespace

void read_sample(Mapping& keys, keyspace::SampleOptions& out) {
  const auto value = keys.take("sample");
  if (!value) return;
  Mapping mapping(keys.reader(), *value->node, value->path, kSampleSchema);
  mapping.read("enabled", out.enabled);
  read_bounded(mapping, "interval", out.interval);
  read_count(mapping, "size", out.size);
  read_budget(mapping, out.budget);
  mapping.read("prefer_replica", out.prefer_replica);
  mapping.finish();
}

}  // namespace hitwatch::config
