#include "agent/notify/slack_payload.h"

#include "agent/notify/json_text.h"

namespace hitwatch::notify {
namespace {

void append_slack_fields(std::string& out, const SlackSettings& settings, NoticeText& text) {
  out += '[';
  bool first = true;
  for (const auto& each : settings.fields) {
    if (!first) out += ',';
    first = false;
    JsonObject field(out);
    field.text_if_any("title", text.fill("fields.title", each.title));
    field.text_if_any("value", text.fill("fields.value", each.value));
    field.boolean("short", each.is_short.value_or(settings.short_fields));
    field.close();
  }
  out += ']';
}

void append_slack_actions(std::string& out, const SlackSettings& settings, NoticeText& text) {
  out += '[';
  bool first = true;
  for (const auto& each : settings.actions) {
    if (!first) out += ',';
    first = false;
    JsonObject action(out);
    action.text("type", text.fill("actions.type", each.type));
    action.text("text", text.fill("actions.text", each.text));
    action.text_if_any("url", text.fill("actions.url", each.url));
    action.text_if_any("style", text.fill("actions.style", each.style));
    action.text_if_any("name", text.fill("actions.name", each.name));
    action.text_if_any("value", text.fill("actions.value", each.value));
    action.close();
  }
  out += ']';
}

void append_mrkdwn_in(std::string& out, const std::vector<std::string>& parts) {
  if (parts.empty()) {
    out += R"(["fallback","pretext","text"])";
    return;
  }
  out += '[';
  for (const auto& part : parts) {
    if (out.back() != '[') out += ',';
    append_json(out, part);
  }
  out += ']';
}

void append_attachment(std::string& out, const SlackSettings& settings, const Notice& notice,
                       NoticeText& text) {
  const auto plain_color = notice.firing ? "danger" : "good";
  JsonObject attachment(out);
  attachment.text_if_any(
      "title", cut_runes(text.fill("title", settings.title, text.plain()), kLongestSlackTitle));
  attachment.text_if_any("title_link", text.fill("title_link", settings.title_link));
  attachment.text_if_any("pretext", text.fill("pretext", settings.pretext));
  attachment.text("text", text.fill("text", settings.text, text.plain()));
  attachment.text("fallback", text.fill("fallback", settings.fallback, text.plain()));
  attachment.text("callback_id", text.fill("callback_id", settings.callback_id));
  if (!settings.fields.empty()) append_slack_fields(attachment.key("fields"), settings, text);
  if (!settings.actions.empty()) append_slack_actions(attachment.key("actions"), settings, text);
  attachment.text_if_any("image_url", text.fill("image_url", settings.image_url));
  attachment.text_if_any("thumb_url", text.fill("thumb_url", settings.thumb_url));
  attachment.text("footer", text.fill("footer", settings.footer));
  attachment.text_if_any("color", text.fill("color", settings.color, plain_color));
  append_mrkdwn_in(attachment.key("mrkdwn_in"), settings.mrkdwn_in);
  attachment.close();
}

}  // namespace

std::string slack_payload(const SlackSettings& settings, const Notice& notice, NoticeText& text) {
  std::string out;
  JsonObject body(out);
  body.text_if_any("channel", text.fill("channel", settings.channel));
  body.text_if_any("username", text.fill("username", settings.username));
  body.text_if_any("icon_emoji", text.fill("icon_emoji", settings.icon_emoji));
  body.text_if_any("icon_url", text.fill("icon_url", settings.icon_url));
  if (settings.link_names) body.boolean("link_names", true);
  body.key("attachments") += '[';
  append_attachment(out, settings, notice, text);
  out += ']';
  body.close();
  return out += '\n';
}

}  // namespace hitwatch::notify
