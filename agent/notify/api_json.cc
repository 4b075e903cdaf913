#include "agent/notify/api_json.h"

#include "agent/net/rfc3339.h"

namespace hitwatch::notify {
namespace {

void append_shown_texts(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    append_json(out, texts[i]);
  }
  out += ']';
}

void append_shown_receivers(std::string& out, const std::vector<std::string>& receivers) {
  out += '[';
  for (std::size_t i = 0; i < receivers.size(); ++i) {
    if (i > 0) out += ',';
    JsonObject receiver(out);
    receiver.text("name", receivers[i]);
    receiver.close();
  }
  out += ']';
}

void append_shown_status(std::string& out, const Muted& muted) {
  JsonObject status(out);
  append_shown_texts(status.key("inhibitedBy"), muted.inhibited_by);
  append_shown_texts(status.key("mutedBy"), muted.muted_by);
  append_shown_texts(status.key("silencedBy"), muted.silenced_by);
  status.text("state", muted.any() ? "suppressed" : "active");
  status.close();
}

void append_shown_matcher(std::string& out, const Matcher& matcher) {
  const Matcher::Kind kind = matcher.kind();
  JsonObject object(out);
  object.boolean("isEqual", kind == Matcher::Kind::kEqual || kind == Matcher::Kind::kMatches);
  object.boolean("isRegex",
                 kind == Matcher::Kind::kMatches || kind == Matcher::Kind::kDoesNotMatch);
  object.text("name", matcher.name());
  object.text("value", matcher.value());
  object.close();
}

}  // namespace

void append_shown_alert(std::string& out, const Dispatcher::AlertView& view,
                        std::int64_t ends_otherwise) {
  const Alert& alert = *view.alert;
  JsonObject object(out);
  append_json(object.key("annotations"), alert.annotations);
  append_shown_time(object, "endsAt", alert.ends_at.value_or(ends_otherwise));
  object.text("fingerprint", view.fingerprint);
  append_shown_receivers(object.key("receivers"), view.receivers);
  append_shown_time(object, "startsAt", alert.starts_at);
  append_shown_status(object.key("status"), view.muted);
  append_shown_time(object, "updatedAt", alert.updated_at);
  object.text_if_any("generatorURL", alert.generator_url);
  append_json(object.key("labels"), alert.labels);
  object.close();
}

void append_shown_silence(std::string& out, const Silence& silence, std::int64_t now) {
  JsonObject object(out);
  object.text("id", silence.id);
  JsonObject status(object.key("status"));
  status.text("state", state_text(silence.state(now)));
  status.close();
  append_shown_time(object, "updatedAt", silence.updated_at);
  object.text("comment", silence.comment);
  object.text("createdBy", silence.created_by);
  append_shown_time(object, "endsAt", silence.ends_at);
  std::string& matchers = object.key("matchers") += '[';
  for (const Matcher& matcher : silence.matchers) {
    begin_entry(matchers);
    append_shown_matcher(matchers, matcher);
  }
  matchers += ']';
  append_shown_time(object, "startsAt", silence.starts_at);
  object.close();
}

void append_shown_time(JsonObject& object, std::string_view name, std::int64_t time) {
  object.text(name, net::format_rfc3339_milliseconds(time));
}

void begin_entry(std::string& list) {
  if (!list.ends_with('[')) list += ',';
}

}  // namespace hitwatch::notify
