#include "agent/config/source_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "agent/config/access_entry.h"
#include "agent/config/schema.h"
#include "agent/config/target_entry.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using yaml::Mapping;
using yaml::Node;
using yaml::Reader;
using yaml::Value;

constexpr std::uint16_t kSentinelPort = 26379;
constexpr std::uint16_t kServerPort = 6379;
constexpr std::size_t kMaxNameBytes = 256;
constexpr std::size_t kMaxMasters = 1'000;
constexpr std::size_t kMaxMapped = 10'000;

// Labels of what is found, which its own metrics have (see also check_target_label). In order.
constexpr auto kDiscoveryLabels = std::to_array<std::string_view>(
    {"cluster", "event", "master", "node_id", "of", "sentinel", "shard", "slots"});
static_assert(std::ranges::is_sorted(kDiscoveryLabels));

// Instead of a mapping, and instead of a list: faults that readers tell of.
bool is_single_or_list(const Node& node) {
  return node.kind == Node::Kind::kScalar || node.kind == Node::Kind::kSequence;
}
bool is_single_or_mapping(const Node& node) {
  return node.kind == Node::Kind::kScalar || node.kind == Node::Kind::kMapping;
}

// What is wrong with the name of a master, or of a cluster; "" for nothing.
std::string_view fault_of_name(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMaxNameBytes) return "longer than 256 bytes";
  const bool is_printable = std::ranges::none_of(
      name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
  return is_printable ? "" : "contains a control character";
}

// The list `urls` of a source, and the login that stands in them.
class Seeds {
 public:
  Seeds(Mapping& mapping, std::uint16_t port, SourceNames& names)
      : mapping_(mapping), reader_(mapping.reader()), port_(port), names_(names) {}

  void read(std::vector<net::RedisUrl>& urls, topology::Login& login) {
    const auto list = mapping_.take("urls");
    const auto items = mapping_.read_items("urls");
    if (items.empty()) {
      if (list && is_single_or_mapping(*list->node)) return;  // a fault already
      reader_.fault(list ? *list->node : mapping_.node(), mapping_.path(),
                    fmt::format("needs urls, like [redis://host:{}]", port_));
      return;
    }
    if (items.size() > kMaxSourceUrls) {
      reader_.fault(*list->node, list->path, "more than 100 URLs");
      return;
    }
    for (const Value& item : items) {
      if (auto url = read_url(item, urls, login)) urls.push_back(*std::move(url));
    }
  }

 private:
  std::optional<net::RedisUrl> read_url(const Value& item, const std::vector<net::RedisUrl>& others,
                                        topology::Login& login) {
    const auto text = reader_.text(*item.node, item.path);
    if (!text) return std::nullopt;
    const auto fault = [&](std::string_view what) { reader_.fault(*item.node, item.path, what); };
    auto url = net::parse_redis_url(*text, port_);
    if (!url) {
      fault(url.error());
    } else if (url->is_unix()) {
      fault("a socket leads to one server of this machine only; give host and port");
    } else if (url->database != 0) {
      fault("a database means nothing here; leave it out");
    } else if (!others.empty() && others.front().tls != url->tls) {
      fault("some URLs here have TLS (rediss://) and some have none; give all the same");
    } else if (take_login(*url, login)) {
      names_.add_url(reader_, *url, item);
      return *std::move(url);
    } else {
      fault("another user or password than in a URL before it; one login is for all of them");
    }
    return std::nullopt;
  }

  // Whether it fits the login of the URLs before.
  bool take_login(net::RedisUrl& url, topology::Login& login) {
    topology::Login own;
    own.username = std::exchange(url.username, {});
    own.password.literal = std::exchange(url.password, {});
    if (own.empty()) return true;
    if (!login.empty() && login != own) return false;
    login = std::move(own);
    return true;
  }

  Mapping& mapping_;
  Reader& reader_;
  const std::uint16_t port_;
  SourceNames& names_;
};

void read_source_labels(Mapping& mapping, metrics::Labels& out) {
  const auto value = mapping.take("labels");
  if (!value) return;
  for (const Node& key : value->node->keys) {
    if (!std::ranges::binary_search(kDiscoveryLabels, key.text)) continue;
    mapping.reader().fault(key, fmt::format("{}.{}", value->path, key.text),
                           "what is found has a label of this name itself; choose another name");
  }
  out = read_labels(mapping.reader(), *value, nullptr);
}

// One side of the address map, `host` or `host:port`. An IPv6 address without a port may do without
// brackets; `brackets` is whether it has some in the result.
std::expected<std::string, std::string> mapped_address(std::string_view text, bool brackets) {
  constexpr std::uint16_t kNone = 0;
  const bool is_bare_v6 = !text.starts_with('[') && std::ranges::count(text, ':') > 1;
  const auto url =
      net::parse_redis_url(is_bare_v6 ? fmt::format("[{}]", text) : std::string(text), kNone);
  if (!url || (text.starts_with(':') && !is_bare_v6) ||
      text.find_first_of("/@") != std::string_view::npos) {
    return std::unexpected("must be 'host' or 'host:port'");
  }
  if (url->port != kNone) return url->address();
  const bool is_v6 = url->host.find(':') != std::string::npos;
  return is_v6 && brackets ? fmt::format("[{}]", url->host) : url->host;
}

void read_address_map(Mapping& parent, topology::AddressMap& out) {
  const auto value = parent.take("address_map");
  if (!value) return;
  Reader& reader = parent.reader();
  Mapping mapping(reader, *value->node, value->path);
  if (value->node->keys.size() > kMaxMapped) {
    reader.fault(*value->node, value->path, "more than 10000 addresses");
    return;
  }
  for (const auto& [key, item] : mapping.read_entries()) {
    const auto announced = mapped_address(key->text, false);
    if (!announced) reader.fault(*key, item.path, announced.error());
    const auto text = reader.text(*item.node, item.path);
    if (!text) continue;
    auto reached = mapped_address(*text, true);
    if (!reached) reader.fault(*item.node, item.path, reached.error());
    if (!announced || !reached) continue;
    if (!out.emplace(*announced, *std::move(reached)).second) {
      reader.fault(*key, item.path, "the same address as another entry");
    }
  }
}

void read_masters(Mapping& mapping, std::vector<std::string>& out) {
  const auto list = mapping.take("masters");
  if (!list) return;
  Reader& reader = mapping.reader();
  const auto items = mapping.read_items("masters");
  if (items.empty()) {
    if (!is_single_or_mapping(*list->node)) {
      reader.fault(*list->node, list->path, "needs a name; write ['*'] for all masters");
    }
    return;
  }
  if (items.size() > kMaxMasters) {
    reader.fault(*list->node, list->path, "more than 1000 names");
    return;
  }
  out.clear();
  for (const Value& item : items) {
    auto name = reader.text(*item.node, item.path);
    if (!name) continue;
    if (const auto fault = fault_of_name(*name); !fault.empty()) {
      reader.fault(*item.node, item.path, fault);
    } else if (std::ranges::find(out, *name) != out.end()) {
      reader.fault(*item.node, item.path, "stands already in the list");
    } else {
      out.push_back(*std::move(name));
    }
  }
}

void refuse_unused_tls(Mapping& mapping, const std::vector<net::RedisUrl>& urls,
                       std::string_view hint) {
  const bool is_used = urls.empty() || urls.front().tls;
  if (is_used || !mapping.has("tls")) return;
  const auto tls = *mapping.take("tls");
  mapping.reader().fault(*tls.node, tls.path, hint);
}

}  // namespace

bool SourceNames::add_source(Reader& reader, const Value& value) {
  if (++sources_ == kMaxSources + 1) {
    reader.fault(*value.node, value.path, "more than 1000 entries with sentinel or cluster");
  }
  return sources_ <= kMaxSources;
}

void SourceNames::add_url(Reader& reader, const net::RedisUrl& url, const Value& value) {
  const auto [same, is_new] = path_by_address_.emplace(url.address(), value.path);
  if (is_new) return;
  reader.fault(*value.node, value.path, fmt::format("the same server as {}", same->second));
}

void SourceNames::add_cluster(Reader& reader, const std::string& name, const Value& value) {
  const auto [same, is_new] = path_by_cluster_.emplace(name, value.path);
  if (is_new) return;
  reader.fault(*value.node, value.path,
               fmt::format("a cluster has the same name, as {} says; give each a 'name' of its own",
                           same->second));
}

void read_sentinel_entry(Reader& reader, const Value& value, Config& config, SourceNames& names) {
  if (!names.add_source(reader, value)) return;
  Mapping mapping(reader, *value.node, value.path, kSentinelSchema);
  if (is_single_or_list(*value.node)) return;
  topology::SentinelOptions options;
  Seeds(mapping, kSentinelPort, names).read(options.urls, options.sentinel);
  read_masters(mapping, options.masters);
  read_username(mapping, "username", options.sentinel.username);
  read_secret_source(mapping, kPasswordKeys, options.sentinel.password);
  read_username(mapping, "server_username", options.server.username);
  read_secret_source(mapping, kServerPasswordKeys, options.server.password);
  read_tls(mapping, options.tls);
  options.server_tls = !options.urls.empty() && options.urls.front().tls;
  mapping.read("server_tls", options.server_tls);
  if (!options.server_tls) {
    refuse_unused_tls(mapping, options.urls,
                      "has no effect on these URLs; TLS needs rediss:// or valkeys://, or "
                      "server_tls: true");
  }
  read_address_map(mapping, options.address_map);
  read_source_labels(mapping, options.labels);
  read_databases(mapping, options.databases);
  mapping.finish();
  options.origin = reader.origin(*value.node);
  config.sentinels.push_back(std::move(options));
}

void read_cluster_entry(Reader& reader, const Value& value, Config& config, SourceNames& names) {
  if (!names.add_source(reader, value)) return;
  Mapping mapping(reader, *value.node, value.path, kClusterSchema);
  if (is_single_or_list(*value.node)) return;
  topology::ClusterOptions options;
  Seeds(mapping, kServerPort, names).read(options.urls, options.login);
  mapping.read("name", options.name);
  const auto name = mapping.take("name");
  const bool has_name = name && name->node->kind == Node::Kind::kScalar;
  if (const auto fault = fault_of_name(options.name); has_name && !fault.empty()) {
    reader.fault(*name->node, name->path, fault);
  }
  if (!name && !options.urls.empty()) options.name = options.urls.front().address();
  if (!options.name.empty()) {
    names.add_cluster(reader, options.name, has_name ? *name : mapping.read_items("urls").front());
  }
  read_username(mapping, "username", options.login.username);
  read_secret_source(mapping, kPasswordKeys, options.login.password);
  read_tls(mapping, options.tls);
  refuse_unused_tls(mapping, options.urls,
                    "has no effect on these URLs; TLS needs rediss:// or valkeys://");
  read_address_map(mapping, options.address_map);
  read_source_labels(mapping, options.labels);
  mapping.finish();
  options.origin = reader.origin(*value.node);
  config.clusters.push_back(std::move(options));
}

}  // namespace hitwatch::config
