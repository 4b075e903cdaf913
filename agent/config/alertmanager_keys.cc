#include "agent/config/alertmanager_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "agent/config/config.h"
#include "agent/config/http_config_entry.h"
#include "agent/config/matchers_entry.h"
#include "agent/config/receiver_entry.h"
#include "agent/config/route_entry.h"
#include "agent/config/schema.h"
#include "agent/config/shown_config.h"
#include "agent/config/time_interval_entry.h"
#include "agent/net/http_url.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using notify::Settings;
using yaml::Mapping;
using yaml::Node;
using yaml::Reader;
using yaml::Value;

constexpr std::size_t kMostTemplateFiles = 1000;

constexpr auto kForeignGlobals = std::to_array<std::string_view>({
    "jira_api_url",
    "mattermost_webhook_url",
    "mattermost_webhook_url_file",
    "opsgenie_api_key",
    "opsgenie_api_key_file",
    "opsgenie_api_url",
    "rocketchat_api_url",
    "rocketchat_token",
    "rocketchat_token_file",
    "rocketchat_token_id",
    "rocketchat_token_id_file",
    "smtp_auth_identity",
    "smtp_auth_password",
    "smtp_auth_password_file",
    "smtp_auth_secret",
    "smtp_auth_secret_file",
    "smtp_auth_username",
    "smtp_force_implicit_tls",
    "smtp_from",
    "smtp_hello",
    "smtp_require_tls",
    "smtp_smarthost",
    "smtp_tls_config",
    "telegram_api_url",
    "telegram_bot_token",
    "telegram_bot_token_file",
    "victorops_api_key",
    "victorops_api_key_file",
    "victorops_api_url",
    "webex_api_url",
    "wechat_api_corp_id",
    "wechat_api_secret",
    "wechat_api_secret_file",
    "wechat_api_url",
});
constexpr std::string_view kForeignGlobal =
    "is for receivers that hitwatch itself does not have (it has webhook, slack and pagerduty); an "
    "Alertmanager that has them can be handed the alerts: see 'alertmanagers'";

void read_global(Mapping& root, Settings& out, ReceiverDefaults& defaults) {
  const auto value = root.take("global");
  if (!value) return;
  Reader& reader = root.reader();
  Mapping mapping(reader, *value->node, value->path, kGlobalSchema);
  mapping.read("resolve_timeout", out.resolve_timeout);
  read_http_config(mapping, defaults.http);
  read_secret_url(mapping, "slack_api_url", "slack_api_url_file", defaults.slack_api_url);
  mapping.read("pagerduty_url", defaults.pagerduty_url);
  if (const auto url = mapping.take("pagerduty_url")) {
    const auto parsed = net::parse_http_url(defaults.pagerduty_url);
    if (!parsed) reader.fault(*url->node, url->path, "the " + parsed.error());
  }
  for (const std::string_view key : {"slack_app_token", "slack_app_token_file", "slack_app_url"}) {
    mapping.refuse(key, "apps of Slack are not supported; give an incoming webhook: slack_api_url");
  }
  for (const std::string_view key : kForeignGlobals) mapping.refuse(key, kForeignGlobal);
  mapping.finish();
}

void read_template_files(Mapping& root, std::vector<std::string>& out) {
  Reader& reader = root.reader();
  for (const Value& item : root.read_items("templates")) {
    const auto text = reader.text(*item.node, item.path);
    if (!text) continue;
    const std::string path = reader.resolve(*text);
    const bool is_pattern = path.find_first_of("*?[") != path.npos;
    std::error_code ignored;
    if (text->empty() || (!is_pattern && !std::filesystem::is_regular_file(path, ignored))) {
      reader.fault(*item.node, item.path, yaml::shown(*text) + " is no file");
      continue;
    }
    for (std::string& file : expand_glob(path)) {
      if (std::ranges::find(out, file) == out.end()) out.push_back(std::move(file));
    }
    if (out.size() > kMostTemplateFiles) {
      reader.fault(*item.node, item.path, "more than 1000 files of templates");
      return;
    }
  }
}

void read_inhibit_rules(Mapping& root, std::vector<notify::InhibitRule>& out) {
  for (const Value& item : root.read_items("inhibit_rules")) {
    Mapping mapping(root.reader(), *item.node, item.path, kInhibitRuleSchema);
    notify::InhibitRule rule;
    mapping.read("name", rule.name);
    read_matchers(mapping, kSourceMatchers, rule.source);
    read_matchers(mapping, kTargetMatchers, rule.target);
    rule.equal = read_label_names(mapping, "equal");
    mapping.finish();
    out.push_back(std::move(rule));
  }
}

}  // namespace

void read_alertmanager_keys(Mapping& mapping, Settings& out) {
  ReceiverDefaults defaults;
  read_global(mapping, out, defaults);
  out.receivers = read_receivers(mapping, defaults);
  read_time_intervals(mapping, "time_intervals", out.time_intervals);
  read_time_intervals(mapping, "mute_time_intervals", out.time_intervals);
  RouteNames names;
  for (const notify::Receiver& receiver : out.receivers) names.receivers.insert(receiver.name);
  for (const notify::TimeInterval& interval : out.time_intervals) {
    names.time_intervals.insert(interval.name);
  }
  if (const auto route = mapping.take("route"); route && route->node->kind != Node::Kind::kNull) {
    read_root_route(mapping.reader(), *route, names, out.route);
  } else {
    mapping.reader().fault(mapping.node(), mapping.path(), "needs a route");
  }
  read_inhibit_rules(mapping, out.inhibit_rules);
  read_template_files(mapping, out.template_files);
  out.original = shown_config(mapping.node(), mapping.reader().options().expand_environment);
}

}  // namespace hitwatch::config
