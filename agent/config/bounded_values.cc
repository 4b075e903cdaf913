#include "agent/config/bounded_values.h"

#include <fmt/format.h>

#include <charconv>

#include "agent/yaml/suggest.h"

namespace hitwatch::config {

void read_count(yaml::Mapping& mapping, std::string_view key, std::size_t least, std::size_t most,
                std::size_t& out) {
  const auto value = mapping.take(key);
  if (!value) return;
  const auto text = mapping.reader().text(*value->node, value->path);
  if (!text) return;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  const bool is_number = error == std::errc() && end == text->data() + text->size();
  if (is_number && count >= least && count <= most) {
    out = count;
    return;
  }
  mapping.reader().fault(
      *value->node, value->path,
      fmt::format("{} is not a number from {} to {}", yaml::shown(value->node->text), least, most));
}

void read_interval(yaml::Mapping& mapping, std::string_view key, std::chrono::milliseconds& out) {
  constexpr std::chrono::milliseconds kLeast = std::chrono::seconds(1);
  constexpr std::chrono::milliseconds kMost = std::chrono::hours(24);
  mapping.read(key, out);
  if (out >= kLeast && out <= kMost) return;
  const auto value = *mapping.take(key);
  mapping.reader().fault(*value.node, value.path, "must be from 1s to 1d");
}

}  // namespace hitwatch::config
