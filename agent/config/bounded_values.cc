#include "agent/config/bounded_values.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "agent/net/duration.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {

void read_count(yaml::Mapping& mapping, std::string_view key, std::size_t& out) {
  const auto [least, most] = std::pair(mapping.type_of(key).least, mapping.type_of(key).most);
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

void read_bounded(yaml::Mapping& mapping, std::string_view key, std::chrono::milliseconds& out) {
  const yaml::Type& type = mapping.type_of(key);
  mapping.read(key, out);
  const auto value = mapping.take(key);
  if (!value || (out >= type.shortest && out <= type.longest)) return;
  mapping.reader().fault(*value->node, value->path,
                         fmt::format("must be from {} to {}", net::format_duration(type.shortest),
                                     net::format_duration(type.longest)));
}

}  // namespace hitwatch::config
