#include "agent/config/tap_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "agent/config/bounded_values.h"
#include "agent/config/schema.h"
#include "agent/yaml/suggest.h"
#include "collectors/tap/packets/port_filter.h"

namespace hitwatch::config {
namespace {

using yaml::Mapping;
using yaml::Value;

// The texts of a list's items; none of them empty or there twice.
std::vector<std::string> read_names(Mapping& mapping, std::string_view key, std::size_t most) {
  std::vector<std::string> names;
  for (const Value& item : mapping.read_items(key)) {
    const auto text = mapping.reader().text(*item.node, item.path);
    if (!text) continue;
    if (text->empty()) {
      mapping.reader().fault(*item.node, item.path, "must not be empty");
    } else if (std::ranges::count(names, *text) != 0) {
      mapping.reader().fault(*item.node, item.path, fmt::format("{} is named twice", *text));
    } else {
      names.push_back(*text);
    }
  }
  if (names.size() > most) {
    const auto list = *mapping.take(key);
    mapping.reader().fault(*list.node, list.path, fmt::format("more than {} entries", most));
  }
  return names;
}

void read_interfaces(Mapping& mapping, std::vector<std::string>& out) {
  if (!mapping.has("interfaces")) return;
  out = read_names(mapping, "interfaces", tap::kMaxInterfaces);
  const auto list = *mapping.take("interfaces");
  if (out.empty()) {
    mapping.reader().fault(*list.node, list.path, "names no interface: lo, eth0, …");
  } else if (std::ranges::count(out, "any") != 0) {
    mapping.reader().fault(*list.node, list.path,
                           "'any' would capture packets several times: name the interfaces");
  }
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

void read_ports(Mapping& mapping, std::vector<std::uint16_t>& out) {
  constexpr std::size_t kMost = packets::PortFilter::kMaxPorts;
  for (const Value& item : mapping.read_items("ports")) {
    const auto text = mapping.reader().text(*item.node, item.path);
    if (!text) continue;
    const auto port = parse_port(*text);
    if (!port) {
      mapping.reader().fault(
          *item.node, item.path,
          fmt::format("{} is not a port from 1 to 65535", yaml::shown(item.node->text)));
    } else if (std::ranges::count(out, *port) != 0) {
      mapping.reader().fault(*item.node, item.path, fmt::format("{} is named twice", *port));
    } else {
      out.push_back(*port);
    }
  }
  if (out.size() > kMost) {
    const auto list = *mapping.take("ports");
    mapping.reader().fault(*list.node, list.path, fmt::format("more than {} entries", kMost));
  }
}

void read_share(Mapping& mapping, std::uint32_t& out) {
  const auto value = mapping.take("sample");
  if (!value) return;
  const auto text = mapping.reader().text(*value->node, value->path);
  if (!text) return;
  if (const auto one_of = tap::parse_sample(*text)) {
    out = *one_of;
  } else {
    mapping.reader().fault(*value->node, value->path,
                           fmt::format("{} {}", yaml::shown(value->node->text), one_of.error()));
  }
}

void read_buffer(Mapping& mapping, std::size_t& out) {
  std::uint64_t bytes = out;
  mapping.read_size("buffer", bytes);
  out = bytes;
  if (bytes >= tap::kLeastRingBytes && bytes <= tap::kMostRingBytes) return;
  const auto value = *mapping.take("buffer");
  mapping.reader().fault(*value.node, value.path, "must be from 1MiB to 1GiB");
}

}  // namespace

void read_tap(Mapping& root, tap::Options& out) {
  const auto value = root.take("tap");
  if (!value) return;
  Mapping mapping(root.reader(), *value->node, value->path, kTapSchema);
  mapping.read("enabled", out.enabled);
  read_interfaces(mapping, out.interfaces);
  read_ports(mapping, out.ports);
  read_share(mapping, out.one_of);
  out.network_namespaces = read_names(mapping, "netns", tap::kMaxNetworkNamespaces);
  std::size_t snaplen = out.snaplen;
  read_count(mapping, "snaplen", snaplen);
  out.snaplen = static_cast<std::uint32_t>(snaplen);
  read_buffer(mapping, out.ring_bytes);
  mapping.finish();
}

}  // namespace hitwatch::config
