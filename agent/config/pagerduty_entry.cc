// An entry of `pagerduty_configs`.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "agent/config/access_entry.h"
#include "agent/config/receiver_entry.h"
#include "agent/config/schema.h"
#include "agent/net/http_url.h"

namespace hitwatch::config {
namespace {

using notify::PagerDutySettings;
using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

constexpr SecretKeys kRoutingKeys = {"routing_key", "routing_key_file", "",
                                     "a second key; give one of routing_key, routing_key_file"};

struct PagerDutyText {
  std::string_view key;
  std::string PagerDutySettings::* field;
  std::string_view initial;  // the templates are Alertmanager's
};

constexpr auto kPagerDutyTexts = std::to_array<PagerDutyText>({
    {"client", &PagerDutySettings::client, R"({{ template "pagerduty.default.client" . }})"},
    {"client_url", &PagerDutySettings::client_url,
     R"({{ template "pagerduty.default.clientURL" . }})"},
    {"description", &PagerDutySettings::description,
     R"({{ template "pagerduty.default.description" . }})"},
    {"severity", &PagerDutySettings::severity, "error"},
    {"class", &PagerDutySettings::class_name, ""},
    {"component", &PagerDutySettings::component, ""},
    {"group", &PagerDutySettings::group, ""},
});

constexpr auto kDetails = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"firing", R"({{ template "pagerduty.default.instances" .Alerts.Firing }})"},
    {"num_firing", "{{ .Alerts.Firing | len }}"},
    {"num_resolved", "{{ .Alerts.Resolved | len }}"},
    {"resolved", R"({{ template "pagerduty.default.instances" .Alerts.Resolved }})"},
});

// Over the default ones; sorted.
void read_details(Mapping& parent, PagerDutySettings& out) {
  if (const auto value = parent.take("details")) {
    Mapping mapping(parent.reader(), *value->node, value->path);
    for (const yaml::Entry& entry : mapping.read_entries()) {
      auto text = parent.reader().text(*entry.value.node, entry.value.path);
      if (text) out.details.emplace_back(entry.key->text, *std::move(text));
    }
  }
  std::ranges::sort(out.details);
  const std::size_t given = out.details.size();
  for (const auto& [name, text] : kDetails) {
    const auto end = out.details.begin() + static_cast<std::ptrdiff_t>(given);
    const auto at =
        std::lower_bound(out.details.begin(), end, std::pair(std::string(name), std::string()));
    if (at == end || at->first != name) out.details.emplace_back(name, text);
  }
  std::ranges::sort(out.details);
}

void read_images(Mapping& parent, PagerDutySettings& out) {
  for (const Value& item : parent.read_items("images")) {
    Mapping mapping(parent.reader(), *item.node, item.path, kPagerDutyImageSchema);
    auto& image = out.images.emplace_back();
    mapping.read("src", image.src);
    mapping.read("alt", image.alt);
    mapping.read("href", image.href);
    mapping.finish();
  }
}

void read_links(Mapping& parent, PagerDutySettings& out) {
  for (const Value& item : parent.read_items("links")) {
    Mapping mapping(parent.reader(), *item.node, item.path, kPagerDutyLinkSchema);
    auto& link = out.links.emplace_back();
    mapping.read("href", link.href);
    mapping.read("text", link.text);
    mapping.finish();
  }
}

}  // namespace

void read_pagerduty(Mapping& mapping, const ReceiverDefaults& defaults, notify::Integration& out) {
  auto& pagerduty = out.kind.emplace<PagerDutySettings>();
  Reader& reader = mapping.reader();
  read_secret_source(mapping, kRoutingKeys, pagerduty.routing_key);
  for (const std::string_view key : {"service_key", "service_key_file"}) {
    mapping.refuse(key, "PagerDuty's Events API 1 is not supported; give a routing_key");
  }
  if (pagerduty.routing_key.empty() && !mapping.has("service_key") &&
      !mapping.has("service_key_file")) {
    reader.fault(mapping.node(), mapping.path(), "needs a routing_key or routing_key_file");
  }
  pagerduty.url = defaults.pagerduty_url;
  mapping.read("url", pagerduty.url);
  if (const auto value = mapping.take("url")) {
    const auto url = net::parse_http_url(pagerduty.url);
    if (!url) reader.fault(*value->node, value->path, "the " + url.error());
  }
  for (const PagerDutyText& text : kPagerDutyTexts) {
    pagerduty.*text.field = text.initial;
    mapping.read(text.key, pagerduty.*text.field);
  }
  pagerduty.source = pagerduty.client;
  mapping.read("source", pagerduty.source);
  read_details(mapping, pagerduty);
  read_images(mapping, pagerduty);
  read_links(mapping, pagerduty);
}

}  // namespace hitwatch::config
