#include "agent/notify/api_json.h"

#include "agent/net/rfc3339.h"

namespace hitwatch::notify {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson shown_receivers(const std::vector<std::string>& receivers) {
  OrderedJson json = OrderedJson::array();
  for (const std::string& receiver : receivers) json.push_back({{"name", receiver}});
  return json;
}

OrderedJson shown_matchers(const Matchers& matchers) {
  OrderedJson json = OrderedJson::array();
  for (const Matcher& matcher : matchers) {
    const Matcher::Kind kind = matcher.kind();
    const bool is_equal = kind == Matcher::Kind::kEqual || kind == Matcher::Kind::kMatches;
    const bool is_regex = kind == Matcher::Kind::kMatches || kind == Matcher::Kind::kDoesNotMatch;
    json.push_back({{"isEqual", is_equal},
                    {"isRegex", is_regex},
                    {"name", matcher.name()},
                    {"value", matcher.value()}});
  }
  return json;
}

}  // namespace

OrderedJson shown_labels(const metrics::Labels& labels) {
  OrderedJson json = OrderedJson::object();
  for (const metrics::Label& label : labels) json.emplace(label.name, label.value);
  return json;
}

OrderedJson shown_alert(const Dispatcher::AlertView& view, std::int64_t ends_otherwise) {
  const Alert& alert = *view.alert;
  const std::int64_t ends_at = alert.ends_at.value_or(ends_otherwise);
  OrderedJson json = {{"annotations", shown_labels(alert.annotations)},
                      {"endsAt", net::format_rfc3339_milliseconds(ends_at)},
                      {"fingerprint", view.fingerprint},
                      {"receivers", shown_receivers(view.receivers)},
                      {"startsAt", net::format_rfc3339_milliseconds(alert.starts_at)},
                      {"status",
                       {{"inhibitedBy", view.muted.inhibited_by},
                        {"mutedBy", view.muted.muted_by},
                        {"silencedBy", view.muted.silenced_by},
                        {"state", view.muted.any() ? "suppressed" : "active"}}},
                      {"updatedAt", net::format_rfc3339_milliseconds(alert.updated_at)}};
  if (!alert.generator_url.empty()) json["generatorURL"] = alert.generator_url;
  json["labels"] = shown_labels(alert.labels);
  return json;
}

OrderedJson shown_silence(const Silence& silence, std::int64_t now) {
  return {{"id", silence.id},
          {"status", {{"state", state_text(silence.state(now))}}},
          {"updatedAt", net::format_rfc3339_milliseconds(silence.updated_at)},
          {"comment", silence.comment},
          {"createdBy", silence.created_by},
          {"endsAt", net::format_rfc3339_milliseconds(silence.ends_at)},
          {"matchers", shown_matchers(silence.matchers)},
          {"startsAt", net::format_rfc3339_milliseconds(silence.starts_at)}};
}

void append_json(std::string& out, const OrderedJson& json) {
  out += json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace hitwatch::notify
