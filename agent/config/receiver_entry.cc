#include "agent/config/receiver_entry.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "agent/config/access_entry.h"
#include "agent/config/bounded_values.h"
#include "agent/config/http_config_entry.h"
#include "agent/config/schema.h"
#include "agent/config/shown_config.h"
#include "agent/net/http_url.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using notify::Integration;
using notify::Receiver;
using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

constexpr auto kForeignKinds = std::to_array<std::string_view>(
    {"discord_configs", "email_configs", "incidentio_configs", "jira_configs", "mattermost_configs",
     "msteams_configs", "msteamsv2_configs", "opsgenie_configs", "pushover_configs",
     "rocketchat_configs", "sns_configs", "telegram_configs", "victorops_configs", "webex_configs",
     "wechat_configs"});
constexpr std::string_view kForeignKind =
    "hitwatch itself has webhook_configs, slack_configs and pagerduty_configs; an Alertmanager "
    "that has this kind can be handed the alerts: see 'alertmanagers'";

using ReadIntegration = void (*)(Mapping&, const ReceiverDefaults&, Integration&);

void read_webhook(Mapping& mapping, const ReceiverDefaults&, Integration& out) {
  auto& webhook = out.kind.emplace<notify::WebhookSettings>();
  if (!read_secret_url(mapping, "url", "url_file", webhook.url)) {
    mapping.reader().fault(mapping.node(), mapping.path(), "needs a url or a url_file");
  }
  read_count(mapping, "max_alerts", webhook.max_alerts);
  mapping.read("timeout", webhook.timeout);
  if (mapping.has("payload")) mapping.read("payload", webhook.payload.emplace());
}

struct IntegrationKind {
  std::string_view key;
  const yaml::Schema& schema;
  bool send_resolved;
  ReadIntegration read;
};

constexpr auto kKinds = std::to_array<IntegrationKind>({
    {"webhook_configs", kWebhookSchema, true, read_webhook},
    {"slack_configs", kSlackSchema, false, read_slack},
    {"pagerduty_configs", kPagerDutySchema, true, read_pagerduty},
});

Integration read_integration(Reader& reader, const Value& item, const IntegrationKind& kind,
                             const ReceiverDefaults& defaults) {
  Mapping mapping(reader, *item.node, item.path, kind.schema);
  Integration integration;
  integration.send_resolved = kind.send_resolved;
  integration.http = defaults.http;
  mapping.read("send_resolved", integration.send_resolved);
  read_http_config(mapping, integration.http);
  kind.read(mapping, defaults, integration);
  mapping.finish();
  return integration;
}

Receiver read_receiver(Reader& reader, const Value& item, const ReceiverDefaults& defaults,
                       std::map<std::string, std::string, std::less<>>& path_by_name) {
  Mapping mapping(reader, *item.node, item.path, kReceiverSchema);
  Receiver receiver;
  mapping.read("name", receiver.name);
  const auto name = mapping.take("name");
  if (!name || receiver.name.empty()) {
    reader.fault(*item.node, item.path, "needs a name");
  } else {
    const auto [namesake, is_new] = path_by_name.emplace(receiver.name, item.path);
    if (!is_new) {
      reader.fault(*name->node, name->path, fmt::format("the same name as {}", namesake->second));
    }
  }
  for (const IntegrationKind& kind : kKinds) {
    for (const Value& entry : mapping.read_items(kind.key)) {
      receiver.integrations.push_back(read_integration(reader, entry, kind, defaults));
    }
  }
  for (const std::string_view key : kForeignKinds) mapping.refuse(key, kForeignKind);
  mapping.finish();
  return receiver;
}

}  // namespace

bool read_secret_url(Mapping& mapping, std::string_view key, std::string_view file_key,
                     net::SecretSource& out) {
  const std::string second = fmt::format("a second URL; give one of {}, {}", key, file_key);
  read_secret_source(mapping, {key, file_key, "", second}, out);
  const auto value = mapping.has(key) ? mapping.take(key) : mapping.take(file_key);
  if (!value) return false;
  const auto text = net::read_secret(out);
  // One that cannot be read is a fault already, and so is a key without a text.
  if (!text || value->node->kind != yaml::Node::Kind::kScalar) return true;
  if (text->contains(kShownSecret)) {
    mapping.reader().fault(*value->node, value->path,
                           "is what stands for a secret that is not shown; give the URL itself");
  } else if (const auto url = net::parse_http_url(*text); !url) {
    mapping.reader().fault(*value->node, value->path, "the " + url.error());
  }
  return true;
}

std::vector<Receiver> read_receivers(Mapping& mapping, const ReceiverDefaults& defaults) {
  std::map<std::string, std::string, std::less<>> path_by_name;
  std::vector<Receiver> receivers;
  for (const Value& item : mapping.read_items("receivers")) {
    receivers.push_back(read_receiver(mapping.reader(), item, defaults, path_by_name));
  }
  return receivers;
}

}  // namespace hitwatch::config
