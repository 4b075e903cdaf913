// An entry of `slack_configs`.
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "agent/config/receiver_entry.h"
#include "agent/config/schema.h"

namespace hitwatch::config {
namespace {

using notify::SlackAction;
using notify::SlackField;
using notify::SlackSettings;
using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

struct SlackText {
  std::string_view key;
  std::string SlackSettings::* field;
  std::string_view initial;  // the templates are Alertmanager's
};

constexpr auto kSlackTexts = std::to_array<SlackText>({
    {"channel", &SlackSettings::channel, ""},
    {"username", &SlackSettings::username, R"({{ template "slack.default.username" . }})"},
    {"color", &SlackSettings::color,
     R"({{ if eq .Status "firing" }}danger{{ else }}good{{ end }})"},
    {"title", &SlackSettings::title, R"({{ template "slack.default.title" . }})"},
    {"title_link", &SlackSettings::title_link, R"({{ template "slack.default.titlelink" . }})"},
    {"pretext", &SlackSettings::pretext, R"({{ template "slack.default.pretext" . }})"},
    {"text", &SlackSettings::text, R"({{ template "slack.default.text" . }})"},
    {"fallback", &SlackSettings::fallback, R"({{ template "slack.default.fallback" . }})"},
    {"callback_id", &SlackSettings::callback_id, R"({{ template "slack.default.callbackid" . }})"},
    {"icon_emoji", &SlackSettings::icon_emoji, R"({{ template "slack.default.iconemoji" . }})"},
    {"icon_url", &SlackSettings::icon_url, R"({{ template "slack.default.iconurl" . }})"},
    {"image_url", &SlackSettings::image_url, ""},
    {"thumb_url", &SlackSettings::thumb_url, ""},
    {"footer", &SlackSettings::footer, R"({{ template "slack.default.footer" . }})"},
});

constexpr auto kActionTexts =
    std::to_array<std::pair<std::string_view, std::string SlackAction::*>>(
        {{"type", &SlackAction::type},
         {"text", &SlackAction::text},
         {"url", &SlackAction::url},
         {"style", &SlackAction::style},
         {"name", &SlackAction::name},
         {"value", &SlackAction::value}});

SlackField read_field(Reader& reader, const Value& item) {
  Mapping mapping(reader, *item.node, item.path, kSlackFieldSchema);
  SlackField field;
  mapping.read("title", field.title);
  mapping.read("value", field.value);
  if (mapping.has("short")) mapping.read("short", field.is_short.emplace());
  if (field.title.empty() || field.value.empty()) {
    reader.fault(*item.node, item.path, "needs a title and a value");
  }
  mapping.finish();
  return field;
}

SlackAction read_action(Reader& reader, const Value& item) {
  Mapping mapping(reader, *item.node, item.path, kSlackActionSchema);
  SlackAction action;
  for (const auto& [key, text] : kActionTexts) mapping.read(key, action.*text);
  if (action.type.empty() || action.text.empty()) {
    reader.fault(*item.node, item.path, "needs a type and a text");
  } else if (action.url.empty() && action.name.empty()) {
    reader.fault(*item.node, item.path, "needs a url or a name");
  }
  mapping.refuse("confirm", "questions back are for apps that listen; give the action a url");
  mapping.finish();
  return action;
}

void read_strings(Mapping& mapping, std::string_view key, std::vector<std::string>& out) {
  if (!mapping.has(key)) return;
  out.clear();
  for (const Value& item : mapping.read_items(key)) {
    if (auto text = mapping.reader().text(*item.node, item.path)) out.push_back(*std::move(text));
  }
}

}  // namespace

void read_slack(Mapping& mapping, const ReceiverDefaults& defaults, notify::Integration& out) {
  auto& slack = out.kind.emplace<SlackSettings>();
  for (const SlackText& text : kSlackTexts) {
    slack.*text.field = text.initial;
    mapping.read(text.key, slack.*text.field);
  }
  if (!read_secret_url(mapping, "api_url", "api_url_file", slack.api_url)) {
    slack.api_url = defaults.slack_api_url;
    if (slack.api_url.empty()) {
      mapping.reader().fault(mapping.node(), mapping.path(),
                             "needs an api_url or api_url_file, or global.slack_api_url");
    }
  }
  mapping.read("link_names", slack.link_names);
  mapping.read("short_fields", slack.short_fields);
  slack.mrkdwn_in = {"fallback", "pretext", "text"};
  read_strings(mapping, "mrkdwn_in", slack.mrkdwn_in);
  for (const Value& item : mapping.read_items("fields")) {
    slack.fields.push_back(read_field(mapping.reader(), item));
  }
  for (const Value& item : mapping.read_items("actions")) {
    slack.actions.push_back(read_action(mapping.reader(), item));
  }
  for (const std::string_view key : {"app_token", "app_token_file", "app_url"}) {
    mapping.refuse(key, "apps of Slack are not supported; give an incoming webhook as api_url");
  }
}

}  // namespace hitwatch::config
