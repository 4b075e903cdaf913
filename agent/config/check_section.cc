#include "agent/config/check_section.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/bounded_values.h"
#include "agent/config/key_selector.h"
#include "agent/config/schema.h"
#include "agent/yaml/suggest.h"
#include "collectors/keyspace/lua_pattern.h"

namespace hitwatch::config {
namespace {

using keyspace::CheckOptions;
using keyspace::KeySelector;
using yaml::Mapping;
using yaml::Value;

constexpr auto kSelectors =
    std::to_array<std::pair<std::string_view, std::vector<KeySelector> CheckOptions::*>>(
        {{"keys", &CheckOptions::keys},
         {"single_keys", &CheckOptions::single_keys},
         {"count", &CheckOptions::count},
         {"streams", &CheckOptions::streams},
         {"single_streams", &CheckOptions::single_streams}});

// The items of a list that is not too long.
std::vector<Value> read_bounded_items(Mapping& mapping, std::string_view key) {
  std::vector<Value> items = mapping.read_items(key);
  if (items.size() <= kMaxSelectors) return items;
  const auto value = *mapping.take(key);
  mapping.reader().fault(*value.node, value.path,
                         fmt::format("more than {} entries", kMaxSelectors));
  return {};
}

void read_selectors(Mapping& mapping, std::string_view key, std::vector<KeySelector>& out) {
  yaml::Reader& reader = mapping.reader();
  for (const Value& item : read_bounded_items(mapping, key)) {
    const auto text = reader.text(*item.node, item.path);
    if (!text) continue;
    auto selector = parse_key_selector(*text);
    if (selector) {
      out.push_back(*std::move(selector));
    } else {
      reader.fault(*item.node, item.path,
                   fmt::format("{} {}", yaml::shown(item.node->text), selector.error()));
    }
  }
}

void read_groups(Mapping& mapping, std::vector<std::string>& out) {
  yaml::Reader& reader = mapping.reader();
  for (const Value& item : read_bounded_items(mapping, "groups")) {
    auto text = reader.text(*item.node, item.path);
    if (!text) continue;
    if (text->empty()) {
      reader.fault(*item.node, item.path, "must be a Lua pattern like '^([^:]+):'");
    } else if (const auto fault = keyspace::lua_pattern_fault(*text)) {
      reader.fault(*item.node, item.path,
                   fmt::format("{} is no Lua pattern: {}", yaml::shown(item.node->text), *fault));
    } else {
      out.push_back(*std::move(text));
    }
  }
}

}  // namespace

void read_check(Mapping& keys, CheckOptions& out) {
  const auto value = keys.take("check");
  if (!value) return;
  Mapping mapping(keys.reader(), *value->node, value->path, kCheckSchema);
  for (const auto& [key, list] : kSelectors) read_selectors(mapping, key, out.*list);
  read_groups(mapping, out.groups);
  read_bounded(mapping, "interval", out.interval);
  mapping.read("values", out.values);
  mapping.read("stream_consumers", out.stream_consumers);
  read_count(mapping, "max_groups", out.max_groups);
  read_count(mapping, "scan_count", out.scan_count);
  mapping.read("on_masters", out.on_masters);
  mapping.finish();
}

}  // namespace hitwatch::config
