#include "agent/config/stats_endpoint_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "agent/config/access_entry.h"
#include "agent/config/bounded_values.h"
#include "agent/config/schema.h"
#include "agent/net/http_url.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using apps::StatsEndpoint;
using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

constexpr std::size_t kMaxEndpoints = 1000;
constexpr std::size_t kMaxPointerBytes = 512;
constexpr std::size_t kMaxLabelBytes = 128;  // of which the metrics show no more

// RFC 6901: `~` stands only in `~0` and `~1`.
bool is_pointer(std::string_view text) {
  if (!text.starts_with('/') || text.size() > kMaxPointerBytes) return false;
  for (std::size_t at = text.find('~'); at != text.npos; at = text.find('~', at + 1)) {
    if (!text.substr(at + 1).starts_with('0') && !text.substr(at + 1).starts_with('1')) {
      return false;
    }
  }
  return true;
}

// Whether there is one that is in order.
bool read_url(Mapping& mapping, StatsEndpoint& out) {
  Reader& reader = mapping.reader();
  const auto value = mapping.take("url");
  if (!value) {
    reader.fault(mapping.node(), mapping.path(), "needs a url like http://localhost:3001/health");
    return false;
  }
  const auto text = reader.text(*value->node, value->path);
  if (!text) return false;
  const auto url = net::parse_http_url(*text);
  if (!url) {
    reader.fault(*value->node, value->path, url.error());
    return false;
  }
  if (mapping.has("tls") && !url->tls) {
    const auto tls = *mapping.take("tls");
    reader.fault(*tls.node, tls.path, "has no effect on this URL; TLS needs https://");
  }
  out.url = *text;
  return true;
}

bool read_pointer(Mapping& mapping, std::string_view key, std::string& out) {
  Reader& reader = mapping.reader();
  const auto value = mapping.take(key);
  if (!value) {
    reader.fault(mapping.node(), mapping.path(),
                 fmt::format("needs {0}: a JSON pointer like /{0}", key));
    return false;
  }
  auto text = reader.text(*value->node, value->path);
  if (!text) return false;
  if (!is_pointer(*text)) {
    reader.fault(*value->node, value->path,
                 fmt::format("{} is not a JSON pointer (RFC 6901): write it like /cache/{}",
                             yaml::shown(value->node->text), key));
    return false;
  }
  out = *std::move(text);
  return true;
}

void read_endpoint_labels(Mapping& parent, StatsEndpoint& out) {
  static constexpr auto kLabels =
      std::to_array<std::pair<std::string_view, std::string StatsEndpoint::*>>(
          {{"type", &StatsEndpoint::type},
           {"tenant", &StatsEndpoint::tenant},
           {"layer", &StatsEndpoint::layer}});
  const auto value = parent.take("labels");
  if (!value) return;
  Mapping mapping(parent.reader(), *value->node, value->path, kStatsEndpointLabelsSchema);
  for (const auto& [key, field] : kLabels) {
    mapping.read(key, out.*field);
    if ((out.*field).size() <= kMaxLabelBytes) continue;
    const auto label = *mapping.take(key);
    parent.reader().fault(*label.node, label.path, "longer than 128 bytes");
  }
  mapping.finish();
}

// The paths of the entries, by what makes two of them count the same numbers.
using Known = std::map<std::string, std::string>;

void read_endpoint(Reader& reader, const Value& item, Known& known,
                   std::vector<StatsEndpoint>& out) {
  Mapping mapping(reader, *item.node, item.path, kStatsEndpointSchema);
  if (item.node->kind == yaml::Node::Kind::kScalar ||
      item.node->kind == yaml::Node::Kind::kSequence) {
    return;
  }
  StatsEndpoint endpoint;
  endpoint.origin = reader.origin(*item.node);
  const bool has_url = read_url(mapping, endpoint);
  const bool has_hits = read_pointer(mapping, "hits", endpoint.hits);
  const bool has_misses = read_pointer(mapping, "misses", endpoint.misses);
  read_bounded(mapping, "interval", endpoint.interval);
  read_endpoint_labels(mapping, endpoint);
  read_token(mapping, endpoint.token);
  read_tls(mapping, endpoint.tls);
  mapping.finish();
  if (has_hits && has_misses && endpoint.hits == endpoint.misses) {
    const auto misses = *mapping.take("misses");
    reader.fault(*misses.node, misses.path, "the same number as hits");
  }
  if (!has_url || !has_hits || !has_misses) return;
  const auto [same, is_new] = known.emplace(
      fmt::format("{}\n{}\n{}", endpoint.url, endpoint.hits, endpoint.misses), item.path);
  if (!is_new) {
    reader.fault(*item.node, item.path, fmt::format("the same numbers as {}", same->second));
  }
  out.push_back(std::move(endpoint));
}

}  // namespace

void read_stats_endpoints(Mapping& apps, std::vector<StatsEndpoint>& out) {
  const auto items = apps.read_items("stats_endpoints");
  if (items.size() > kMaxEndpoints) {
    const auto value = *apps.take("stats_endpoints");
    apps.reader().fault(*value.node, value.path,
                        fmt::format("more than {} endpoints", kMaxEndpoints));
    return;
  }
  Known known;
  for (const Value& item : items) read_endpoint(apps.reader(), item, known, out);
}

}  // namespace hitwatch::config
