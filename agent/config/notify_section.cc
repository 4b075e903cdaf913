#include "agent/config/notify_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "agent/config/access_entry.h"
#include "agent/config/alertmanager_keys.h"
#include "agent/config/bounded_values.h"
#include "agent/config/http_config_entry.h"
#include "agent/config/schema.h"
#include "agent/config/shown_config.h"
#include "agent/net/http_url.h"
#include "agent/notify/webhook_signature.h"
#include "agent/yaml/document.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using notify::Settings;
using std::chrono::milliseconds;
using yaml::Fault;
using yaml::Mapping;
using yaml::Node;
using yaml::Reader;
using yaml::Value;

constexpr std::size_t kMostPeers = 100;
constexpr std::size_t kMostSigned = 1000;
constexpr std::string_view kDefaultReceiver = "default";
constexpr std::string_view kNobody = "nobody";
constexpr SecretKeys kSigningKeys = {
    "secret", "secret_file", "secret_env",
    "a second secret; give one of secret, secret_file, secret_env"};

bool has_alertmanager_keys(const Mapping& mapping) {
  return std::ranges::any_of(kAlertmanagerKeys,
                             [&](std::string_view key) { return mapping.has(key); });
}

// Alerts that only Alertmanagers are told of need a route nevertheless.
void use_nobody(Settings& out) {
  out.route.receiver = "none";
  out.route.key = "{}";
  out.receivers = {notify::Receiver{"none", {}}};
  out.original = "route:\n  receiver: none\nreceivers:\n  - name: none\n";
}

std::vector<Fault> read_file(Mapping& mapping, Settings& out) {
  const Value value = *mapping.take("file");
  Reader& reader = mapping.reader();
  const auto text = reader.text(*value.node, value.path);
  if (!text) return {};
  const std::string path = reader.resolve(*text);
  const auto content = yaml::read_document(path);
  if (!content) {
    reader.fault(*value.node, value.path, content.error().text);
    return {};
  }
  const auto document = yaml::parse_document(*content, path);
  if (!document) return {document.error()};
  Reader file_reader(
      path, {.expand_environment = false, .top_keys = kAlertmanagerKeys, .only_declared = true});
  Mapping root(file_reader, *document, "", kAlertmanagerSchema);
  read_alertmanager_keys(root, out);
  root.finish();
  return file_reader.take_faults();
}

void read_webhook_url(Mapping& mapping, Settings& out) {
  const Value value = *mapping.take("webhook_url");
  Reader& reader = mapping.reader();
  const auto text = reader.text(*value.node, value.path);
  if (!text) return;
  const auto used = use_webhook(out, *text, reader.origin(*value.node));
  if (!used) reader.fault(*value.node, value.path, used.error());
}

// One of the three ways to say who is told.
std::vector<Fault> read_receivers_of(Mapping& mapping, Settings& out) {
  const auto refuse_others = [&](std::string_view reason) {
    for (const std::string_view key : kAlertmanagerKeys) mapping.refuse(key, reason);
  };
  if (mapping.has("file")) {
    mapping.refuse("webhook_url", "not allowed beside 'file'");
    refuse_others("not allowed beside 'file'; it stands in that file");
    return read_file(mapping, out);
  }
  if (mapping.has("webhook_url")) {
    refuse_others("not allowed beside 'webhook_url', which stands for a route and a receiver");
    read_webhook_url(mapping, out);
    return {};
  }
  // All are known, so that a misspelt one is recognized.
  for (const std::string_view key : kAlertmanagerKeys) static_cast<void>(mapping.take(key));
  for (const std::string_view key : {"file", "webhook_url"}) static_cast<void>(mapping.take(key));
  if (has_alertmanager_keys(mapping)) {
    read_alertmanager_keys(mapping, out);
  } else {
    use_nobody(out);
  }
  return {};
}

bool read_peer_url(Mapping& mapping, net::HttpUrl& out) {
  Reader& reader = mapping.reader();
  const auto value = mapping.take("url");
  if (!value) {
    reader.fault(mapping.node(), mapping.path(), "needs a url like http://alertmanager:9093");
    return false;
  }
  const auto text = reader.text(*value->node, value->path);
  if (!text) return false;
  auto url = net::parse_http_url(*text);
  if (!url) {
    reader.fault(*value->node, value->path, "the " + url.error());
    return false;
  }
  if (url->target.contains('?')) {
    reader.fault(*value->node, value->path, "the URL must not have a query");
    return false;
  }
  while (url->target.ends_with('/')) url->target.pop_back();
  if (url->target.ends_with("/api/v2/alerts")) {
    reader.fault(*value->node, value->path, "is given without /api/v2/alerts");
    return false;
  }
  out = *std::move(url);
  return true;
}

void read_peers(Mapping& parent, std::vector<notify::AlertmanagerPeer>& out) {
  Reader& reader = parent.reader();
  const auto items = parent.read_items("alertmanagers");
  if (items.size() > kMostPeers) {
    const auto value = *parent.take("alertmanagers");
    reader.fault(*value.node, value.path, fmt::format("more than {} of them", kMostPeers));
    return;
  }
  std::set<std::string> known;
  for (const Value& item : items) {
    Mapping mapping(reader, *item.node, item.path, kAlertmanagerPeerSchema);
    notify::AlertmanagerPeer peer;
    const bool has_url = read_peer_url(mapping, peer.url);
    read_http_keys(mapping, peer.http);
    mapping.read("timeout", peer.timeout);
    if (peer.timeout <= milliseconds(0)) {
      const auto timeout = *mapping.take("timeout");
      reader.fault(*timeout.node, timeout.path, "must be more than 0");
    }
    mapping.finish();
    if (!has_url) continue;
    if (!known.insert(peer.url.address() + peer.url.target).second) {
      reader.fault(*item.node, item.path, "the same Alertmanager stands already in the list");
    }
    out.push_back(std::move(peer));
  }
}

// How many webhooks of the receiver are signed now.
std::size_t sign_webhooks(notify::Receiver& receiver, const net::SecretSource& secret) {
  std::size_t count = 0;
  for (notify::Integration& integration : receiver.integrations) {
    auto* webhook = std::get_if<notify::WebhookSettings>(&integration.kind);
    if (webhook == nullptr) continue;
    webhook->signing_secret = secret;
    ++count;
  }
  return count;
}

void read_signing_entry(Reader& reader, const Value& item, std::vector<notify::Receiver>& receivers,
                        std::set<std::string>& known) {
  Mapping mapping(reader, *item.node, item.path, kSigningSchema);
  std::string name;
  net::SecretSource secret;
  mapping.read("receiver", name);
  read_secret_source(mapping, kSigningKeys, secret);
  mapping.finish();
  const auto text = net::read_secret(secret);
  if (text && !text->empty()) {  // one that cannot be read is a fault already
    if (const auto key = notify::webhook_key(*text); !key) {
      reader.fault(*item.node, item.path, key.error());
    }
  }
  if (secret.empty()) reader.fault(*item.node, item.path, "needs a secret or a secret_file");
  const auto value = mapping.take("receiver");
  if (!value || name.empty()) {
    reader.fault(*item.node, item.path, "needs the name of a receiver");
    return;
  }
  if (!known.insert(name).second) {
    reader.fault(*value->node, value->path, "stands already in the list");
    return;
  }
  const auto receiver = std::ranges::find(receivers, name, &notify::Receiver::name);
  if (receiver == receivers.end()) {
    reader.fault(*value->node, value->path,
                 fmt::format("there is no receiver {}", yaml::shown(name)));
  } else if (sign_webhooks(*receiver, secret) == 0) {
    reader.fault(*value->node, value->path,
                 fmt::format("the receiver {} has no webhook", yaml::shown(name)));
  }
}

void read_signing(Mapping& parent, std::vector<notify::Receiver>& receivers) {
  Reader& reader = parent.reader();
  const auto items = parent.read_items("signing");
  if (items.size() > kMostSigned) {
    const auto value = *parent.take("signing");
    reader.fault(*value.node, value.path, fmt::format("more than {} of them", kMostSigned));
    return;
  }
  std::set<std::string> known;
  for (const Value& item : items) read_signing_entry(reader, item, receivers, known);
}

}  // namespace

std::expected<void, std::string> use_webhook(Settings& settings, std::string_view url,
                                             std::string origin) {
  const auto parsed = net::parse_http_url(url);
  if (!parsed) return std::unexpected("the " + parsed.error());
  notify::Integration integration;
  integration.kind.emplace<notify::WebhookSettings>().url.literal = url;
  notify::Route route;
  route.receiver = kDefaultReceiver;
  route.group_by = {"alertname", "instance"};
  route.group_wait = std::chrono::seconds(10);
  route.group_interval = std::chrono::minutes(1);
  route.key = "{}";
  route.origin = std::move(origin);
  // The bundled Watchdog always fires and is for those who ask for it.
  notify::Route quiet = route;
  quiet.receiver = kNobody;
  quiet.matchers = *notify::parse_matchers(R"(severity="none")");
  quiet.key += "/" + notify::to_string(quiet.matchers);
  route.routes.push_back(std::move(quiet));
  settings.route = std::move(route);
  settings.receivers = {notify::Receiver{std::string(kDefaultReceiver), {std::move(integration)}},
                        notify::Receiver{std::string(kNobody), {}}};
  settings.inhibit_rules.clear();
  settings.time_intervals.clear();
  settings.template_files.clear();
  settings.enabled = true;
  settings.original = fmt::format(
      "route:\n"
      "  receiver: default\n"
      "  group_by: [alertname, instance]\n"
      "  group_wait: 10s\n"
      "  group_interval: 1m\n"
      "  routes:\n"
      "    - receiver: nobody\n"
      "      matchers: ['severity=\"none\"']\n"
      "receivers:\n"
      "  - name: default\n"
      "    webhook_configs:\n"
      "      - url: \"{}\"\n"
      "  - name: nobody\n",
      shown_webhook_url(*parsed));
  return {};
}

std::vector<Fault> read_notify(Mapping& root, Settings& out) {
  const auto value = root.take("notify");
  if (!value || (value->node->kind != Node::Kind::kScalar && value->node->items.empty())) return {};
  Mapping mapping(root.reader(), *value->node, value->path, kNotifySchema);
  if (value->node->kind != Node::Kind::kMapping) return {};
  std::vector<Fault> faults = read_receivers_of(mapping, out);
  read_peers(mapping, out.alertmanagers);
  // Without receivers, for whatever reason, all names would be wrong.
  if (faults.empty()) {
    read_signing(mapping, out.receivers);
  } else {
    static_cast<void>(mapping.take("signing"));
  }
  read_bounded(mapping, "max_age", out.max_age);
  out.enabled = mapping.has("file") || mapping.has("webhook_url") || mapping.has("alertmanagers") ||
                has_alertmanager_keys(mapping);
  if (!out.enabled) {
    root.reader().fault(*value->node, value->path,
                        "needs a route with receivers, a file, a webhook_url or alertmanagers");
  }
  mapping.finish();
  return faults;
}

}  // namespace hitwatch::config
