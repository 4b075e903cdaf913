#include "agent/config/shown_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agent/config/alertmanager_keys.h"
#include "agent/yaml/environment.h"
#include "agent/yaml/node_text.h"

namespace hitwatch::config {
namespace {

using yaml::Node;

// Keys whose values are not shown. The `url` of a webhook is one, too, but must be a URL.
constexpr auto kSecretKeyNames = std::to_array<std::string_view>(
    {"api_url", "bearer_token", "credentials", "password", "proxy_url", "routing_key", "secrets",
     "slack_api_url", "values"});
constexpr auto kPublicUrlKeys = std::to_array<std::string_view>({"pagerduty_url", "url"});

enum class Place { kRouting, kGlobal, kWebhook, kOtherIntegration };

bool is_in(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Place place_below(std::string_view key, Place place) {
  if (key == "global") return Place::kGlobal;
  if (key == "webhook_configs") return Place::kWebhook;
  return key.ends_with("_configs") ? Place::kOtherIntegration : place;
}

class Shown {
 public:
  explicit Shown(bool expand_environment) : expand_environment_(expand_environment) {}

  void edit(Node& node, Place place) const {
    if (node.kind == Node::Kind::kScalar && place == Place::kRouting) node.text = expanded(node);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (node.kind == Node::Kind::kMapping) {
        edit_value(node.keys[i].text, node.items[i], place);
      } else {
        edit(node.items[i], place);
      }
    }
  }

 private:
  void edit_value(std::string_view key, Node& value, Place place) const {
    // Where alerts go is no secret, and a label may have any name.
    if (place != Place::kRouting && is_in(kSecretKeyNames, key)) return hide(value);
    if (value.kind != Node::Kind::kScalar || !is_in(kPublicUrlKeys, key)) {
      return edit(value, place_below(key, place));
    }
    value.text = expanded(value);
    if (place != Place::kWebhook) return;
    const auto url = net::parse_http_url(value.text);
    value.text = url ? shown_webhook_url(*url) : kShownSecret;
  }

  static void hide(Node& node) {
    for (Node& item : node.items) hide(item);
    if (node.kind == Node::Kind::kScalar) node.text = kShownSecret;
  }

  // A variable that is not set is a fault that was told where the value was read.
  std::string expanded(const Node& node) const {
    return expand_environment_ ? yaml::expand_environment(node.text).value_or(node.text)
                               : node.text;
  }

  const bool expand_environment_;
};

}  // namespace

std::string shown_config(const Node& mapping, bool expand_environment) {
  Node shown;
  shown.kind = Node::Kind::kMapping;
  for (std::size_t i = 0; i < mapping.keys.size() && i < mapping.items.size(); ++i) {
    if (!is_in(kAlertmanagerKeys, mapping.keys[i].text)) continue;
    shown.keys.push_back(mapping.keys[i]);
    shown.items.push_back(mapping.items[i]);
  }
  Shown(expand_environment).edit(shown, Place::kRouting);
  return yaml::to_text(shown);
}

std::string shown_webhook_url(const net::HttpUrl& url) {
  return fmt::format("{}://{}/{}", url.tls ? "https" : "http", url.authority(), kShownSecret);
}

}  // namespace hitwatch::config
