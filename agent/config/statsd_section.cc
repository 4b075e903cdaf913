#include "agent/config/statsd_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <expected>
#include <optional>
#include <utility>

#include "agent/config/keys_section.h"
#include "agent/config/schema.h"
#include "agent/net/listen_address.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using apps::StatsdAddress;
using apps::StatsdMeaning;
using Transport = StatsdAddress::Transport;
using yaml::Mapping;
using yaml::Node;
using yaml::Reader;
using yaml::Value;

constexpr std::size_t kMaxAddresses = 16;
constexpr std::size_t kMaxMeanings = 1000;
constexpr std::size_t kMaxSocketPathBytes = 107;  // the room the kernel has for it

constexpr auto kTransports =
    std::to_array<std::pair<std::string_view, Transport>>({{"udp://", Transport::kUdp},
                                                           {"tcp://", Transport::kTcp},
                                                           {"unixgram://", Transport::kUnixgram}});

constexpr auto kMeanings = std::to_array<std::pair<std::string_view, StatsdMeaning::Kind>>(
    {{"hit", StatsdMeaning::Kind::kHit},
     {"miss", StatsdMeaning::Kind::kMiss},
     {"error", StatsdMeaning::Kind::kError},
     {"latency", StatsdMeaning::Kind::kLatency}});

// The error completes "'…' is".
std::expected<StatsdAddress, std::string> parse_address(std::string_view text) {
  const auto scheme = std::ranges::find_if(
      kTransports, [&](const auto& each) { return text.starts_with(each.first); });
  if (scheme == kTransports.end()) {
    return std::unexpected(
        "not an address for StatsD: write it like udp://127.0.0.1:8125, tcp://[::1]:8125 or "
        "unixgram:///run/hitwatch/statsd.sock");
  }
  StatsdAddress address{.transport = scheme->second, .text = std::string(text)};
  text.remove_prefix(scheme->first.size());
  if (address.transport == Transport::kUnixgram) {
    if (!text.starts_with('/') || text.ends_with('/')) {
      return std::unexpected(
          "not the path of a socket: write it with three slashes, like "
          "unixgram:///run/hitwatch/statsd.sock");
    }
    if (text.size() > kMaxSocketPathBytes) {
      return std::unexpected(
          fmt::format("too long for the path of a socket: {} bytes at most", kMaxSocketPathBytes));
    }
    address.path = text;
    return address;
  }
  const auto listen = net::parse_listen_address(text);
  if (!listen) return std::unexpected(listen.error());
  address.host = listen->host;
  address.port = listen->port;
  return address;
}

// Whether the two cannot both be bound. Port 0 is another one each time.
bool is_same_place(const StatsdAddress& a, const StatsdAddress& b) {
  const bool is_any_port = a.transport != Transport::kUnixgram && a.port == 0;
  return a.transport == b.transport && a.host == b.host && a.port == b.port && a.path == b.path &&
         !is_any_port;
}

void read_listen(Mapping& statsd, apps::StatsdOptions& out) {
  const auto list = statsd.take("listen");
  if (!list || list->node->kind == Node::Kind::kNull) return;
  Reader& reader = statsd.reader();
  out.listen.clear();
  out.listen_by_default = false;
  const auto items = statsd.read_items("listen");
  if (items.size() > kMaxAddresses) {
    reader.fault(*list->node, list->path, fmt::format("more than {} addresses", kMaxAddresses));
    return;
  }
  for (const Value& item : items) {
    const auto text = reader.text(*item.node, item.path);
    if (!text) continue;
    auto address = parse_address(*text);
    if (!address) {
      reader.fault(*item.node, item.path,
                   fmt::format("{} is {}", yaml::shown(item.node->text), address.error()));
      continue;
    }
    if (std::ranges::any_of(out.listen,
                            [&](const auto& other) { return is_same_place(*address, other); })) {
      reader.fault(*item.node, item.path, "given twice");
      continue;
    }
    out.listen.push_back(*std::move(address));
  }
}

std::optional<keys::Pattern> read_match(Mapping& entry) {
  Reader& reader = entry.reader();
  const auto match = entry.take("match");
  if (!match) {
    reader.fault(entry.node(), entry.path(), "has no match: give the name of the metric");
    return std::nullopt;
  }
  return read_template(reader, *match);
}

void read_meaning(Reader& reader, const Value& item, apps::StatsdOptions& out) {
  Mapping entry(reader, *item.node, item.path, kStatsdMeaningSchema);
  auto pattern = read_match(entry);
  if (!entry.has("as")) {
    reader.fault(*item.node, item.path, "has no 'as': give one of hit, miss, error, latency");
  }
  auto kind = StatsdMeaning::Kind::kHit;
  entry.read_choice<StatsdMeaning::Kind>("as", kMeanings, kind);
  entry.finish();
  if (pattern) out.mapping.push_back({*std::move(pattern), kind});
}

void read_mapping(Mapping& statsd, apps::StatsdOptions& out) {
  const auto items = statsd.read_items("mapping");
  if (items.size() > kMaxMeanings) {
    const auto list = *statsd.take("mapping");
    statsd.reader().fault(*list.node, list.path, fmt::format("more than {} entries", kMaxMeanings));
    return;
  }
  for (const Value& item : items) read_meaning(statsd.reader(), item, out);
}

}  // namespace

void read_statsd(Mapping& apps, apps::StatsdOptions& out) {
  const auto value = apps.take("statsd");
  if (!value) return;
  Mapping mapping(apps.reader(), *value->node, value->path, kStatsdSchema);
  read_listen(mapping, out);
  read_mapping(mapping, out);
  mapping.finish();
}

}  // namespace hitwatch::config
