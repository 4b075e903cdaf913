#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "agent/notify/notice.h"
#include "agent/notify/notice_templates.h"
#include "rules/templates/function.h"
#include "rules/templates/value.h"

namespace hitwatch::notify {
namespace {

const templates::Function* method_in(const std::vector<templates::Function>& methods,
                                     std::string_view name) {
  const auto found = std::ranges::find(methods, name, &templates::Function::name);
  return found == methods.end() ? nullptr : &*found;
}

templates::Result too_costly() { return std::unexpected("the template works on too much text"); }

bool may_cost(templates::Call& call, std::size_t items) {
  return call.budget.spend_bytes(items * 100);
}

templates::Value text_values(std::vector<templates::Value> items) {
  return templates::Value::list({.items = std::move(items), .type = "[]string"});
}

// --- Pairs: labels by name ---

const std::string& member_text(const templates::Value& pair, std::string_view name) {
  return *pair.as_object()->field(name)->as_text();
}

template <bool Names>
templates::Result pair_members(templates::Call& call, templates::Arguments arguments) {
  const auto& pairs = arguments[0].as_list()->items;
  if (!may_cost(call, pairs.size())) return too_costly();
  std::vector<templates::Value> out;
  for (const auto& pair : pairs) out.push_back(*pair.as_object()->field(Names ? "Name" : "Value"));
  return text_values(std::move(out));
}

const templates::Function* pairs_method(std::string_view name) {
  static const std::vector<templates::Function> methods = {
      {"Names", {templates::kAny}, false, pair_members<true>},
      {"Values", {templates::kAny}, false, pair_members<false>},
  };
  return method_in(methods, name);
}

std::string pairs_text(const templates::Value& value) {
  std::string out;
  for (const auto& pair : value.as_list()->items) {
    if (!out.empty()) out += ", ";
    out += member_text(pair, "Name") + "=" + member_text(pair, "Value");
  }
  return out;
}

constexpr templates::NamedType kPairs = {.method = pairs_method, .text = pairs_text};

templates::Value sorted_pairs(const templates::Map& labels) {
  templates::List out{.items = {}, .type = "template.Pairs", .named = &kPairs};
  for (const auto& [name, value] : labels.entries) {
    out.items.push_back(templates::Value::object(std::make_shared<templates::Struct>(
        "template.Pair",
        templates::Object::Fields{{"Name", templates::Value::text(name)}, {"Value", value}})));
  }
  return templates::Value::list(std::move(out));
}

// --- KV: labels or annotations ---

templates::Result pairs_of_labels(templates::Call& call, templates::Arguments arguments) {
  const auto& labels = *arguments[0].as_map();
  if (!may_cost(call, labels.entries.size())) return too_costly();
  return sorted_pairs(labels);
}

templates::Result names_of_labels(templates::Call& call, templates::Arguments arguments) {
  const auto& entries = arguments[0].as_map()->entries;
  if (!may_cost(call, entries.size())) return too_costly();
  std::vector<templates::Value> out;
  for (const auto& [name, value] : entries) out.push_back(templates::Value::text(name));
  return text_values(std::move(out));
}

templates::Result values_of_labels(templates::Call& call, templates::Arguments arguments) {
  const auto& entries = arguments[0].as_map()->entries;
  if (!may_cost(call, entries.size())) return too_costly();
  std::vector<templates::Value> out;
  for (const auto& [name, value] : entries) out.push_back(value);
  return text_values(std::move(out));
}

templates::Result without_labels(templates::Call& call, templates::Arguments arguments) {
  auto labels = *arguments[0].as_map();
  const auto* names = arguments[1].as_list();
  if (!may_cost(call, labels.entries.size() + (names == nullptr ? 0 : names->items.size()))) {
    return too_costly();
  }
  if (names != nullptr) {
    for (const auto& name : names->items) labels.entries.erase(*name.as_text());
  }
  return templates::Value::map(std::move(labels));
}

const templates::Function* labels_method(std::string_view name) {
  static const std::vector<templates::Function> methods = {
      {"Names", {templates::kAny}, false, names_of_labels},
      {"Remove", {templates::kAny, "[]string"}, false, without_labels},
      {"SortedPairs", {templates::kAny}, false, pairs_of_labels},
      {"Values", {templates::kAny}, false, values_of_labels},
  };
  return method_in(methods, name);
}

// As Alertmanager since 0.26; before, it was Go's `map[a:b]`.
std::string labels_text(const templates::Value& value) {
  std::string out;
  for (const auto& [name, text] : value.as_map()->entries) {
    if (!out.empty()) out += ", ";
    out += name + "=" + *text.as_text();
  }
  return out;
}

constexpr templates::NamedType kLabels = {.method = labels_method, .text = labels_text};

templates::Value labels_value(const metrics::Labels& labels) {
  templates::Map out{.entries = {},
                     .type = "template.KV",
                     .named = &kLabels,
                     .missing = templates::Value::text(""),
                     .depth = 1};
  for (const auto& [name, value] : labels)
    out.entries.insert_or_assign(name, templates::Value::text(value));
  return templates::Value::map(std::move(out));
}

// --- alerts ---

templates::Value alerts_list(std::vector<templates::Value> items);

template <bool Firing>
templates::Result alerts_that(templates::Call& call, templates::Arguments arguments) {
  const auto& alerts = arguments[0].as_list()->items;
  if (!may_cost(call, alerts.size())) return too_costly();
  std::vector<templates::Value> out;
  for (const auto& alert : alerts) {
    if (member_text(alert, "Status") == (Firing ? "firing" : "resolved")) out.push_back(alert);
  }
  return alerts_list(std::move(out));
}

const templates::Function* alerts_method(std::string_view name) {
  static const std::vector<templates::Function> methods = {
      {"Firing", {templates::kAny}, false, alerts_that<true>},
      {"Resolved", {templates::kAny}, false, alerts_that<false>},
  };
  return method_in(methods, name);
}

constexpr templates::NamedType kAlerts = {.method = alerts_method, .text = nullptr};

templates::Value alerts_list(std::vector<templates::Value> items) {
  return templates::Value::list(
      {.items = std::move(items), .type = "template.Alerts", .named = &kAlerts});
}

templates::Value alert_value(const MessageAlert& alert) {
  return templates::Value::object(std::make_shared<templates::Struct>(
      "template.Alert",
      templates::Object::Fields{
          {"Status", templates::Value::text(std::string(status_of(alert)))},
          {"Labels", labels_value(alert.alert.labels)},
          {"Annotations", labels_value(alert.alert.annotations)},
          {"StartsAt", templates::moment_value(moment_of(alert.alert.starts_at), false)},
          {"EndsAt", templates::moment_value(end_of(alert), false)},
          {"GeneratorURL", templates::Value::text(alert.alert.generator_url)},
          {"Fingerprint", templates::Value::text(fingerprint(alert.alert.labels))},
      }));
}

}  // namespace

templates::Value notice_data(const Notice& notice) {
  std::vector<templates::Value> alerts;
  alerts.reserve(notice.alerts.size());
  for (const auto& alert : notice.alerts) alerts.push_back(alert_value(alert));
  return templates::Value::object(std::make_shared<templates::Struct>(
      "*template.Data", templates::Object::Fields{
                            {"Receiver", templates::Value::text(notice.receiver)},
                            {"Status", templates::Value::text(std::string(notice.status()))},
                            {"Alerts", alerts_list(std::move(alerts))},
                            {"NotificationReason", templates::Value::text(std::string(
                                                       reason_text(notice.message.reason)))},
                            {"GroupLabels", labels_value(notice.message.group_labels)},
                            {"CommonLabels", labels_value(notice.common_labels)},
                            {"CommonAnnotations", labels_value(notice.common_annotations)},
                            {"ExternalURL", templates::Value::text(notice.external_url)},
                        }));
}

templates::Value notice_data(const Message& message, const std::string& external_url) {
  return notice_data(make_notice(message, external_url));
}

}  // namespace hitwatch::notify
