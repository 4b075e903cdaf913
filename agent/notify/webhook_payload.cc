#include "agent/notify/webhook_payload.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "agent/notify/json_text.h"

namespace hitwatch::notify {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr int kDeepestPayload = 100;

void append_alert(std::string& out, const MessageAlert& of) {
  JsonObject alert(out);
  alert.text("status", status_of(of));
  append_json(alert.key("labels"), of.alert.labels);
  append_json(alert.key("annotations"), of.alert.annotations);
  alert.text("startsAt", rfc3339(moment_of(of.alert.starts_at)));
  alert.text("endsAt", rfc3339(end_of(of)));
  alert.text("generatorURL", of.alert.generator_url);
  alert.text("fingerprint", fingerprint(of.alert.labels));
  alert.close();
}

int depth_of(const OrderedJson& value, int bound) {
  if (!value.is_structured() || bound == 0) return 0;
  int deepest = 0;
  for (const auto& item : value) deepest = std::max(deepest, depth_of(item, bound - 1));
  return deepest + 1;
}

OrderedJson filled(const OrderedJson& value, NoticeText& text) {
  if (value.is_string()) {
    auto written = text.fill("payload", value.get_ref<const std::string&>(), text.plain());
    auto parsed = OrderedJson::parse(written, nullptr, false);
    const bool typed = !parsed.is_discarded() && !parsed.is_string() && !parsed.is_null();
    return typed ? parsed : OrderedJson(std::move(written));
  }
  auto out = value;
  if (value.is_structured()) {
    for (auto& item : out) item = filled(item, text);
  }
  return out;
}

}  // namespace

std::string webhook_payload(const Notice& notice) {
  std::string out;
  JsonObject body(out);
  body.text("receiver", notice.receiver);
  body.text("status", notice.status());
  body.key("alerts") += '[';
  for (const auto& alert : notice.alerts) {
    if (out.back() != '[') out += ',';
    append_alert(out, alert);
  }
  out += ']';
  body.text("notification_reason", reason_text(notice.message.reason));
  append_json(body.key("groupLabels"), notice.message.group_labels);
  append_json(body.key("commonLabels"), notice.common_labels);
  append_json(body.key("commonAnnotations"), notice.common_annotations);
  body.text("externalURL", notice.external_url);
  body.text("version", "4");
  body.text("groupKey", notice.message.group_key);
  body.key("truncatedAlerts") += fmt::to_string(notice.truncated);
  body.close();
  return out += '\n';
}

std::string custom_payload(std::string_view payload, const Notice& notice, NoticeText& text) {
  const auto parsed = OrderedJson::parse(payload, nullptr, false);
  const bool structured = !parsed.is_discarded() && parsed.is_structured();
  if (structured && depth_of(parsed, kDeepestPayload) < kDeepestPayload) {
    return filled(parsed, text).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  }
  return text.fill("payload", payload, webhook_payload(notice));
}

}  // namespace hitwatch::notify
