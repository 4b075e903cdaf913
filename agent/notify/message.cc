#include "agent/notify/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace hitwatch::notify {
namespace {

constexpr std::array<std::pair<Reason, std::string_view>, 6> kReasonTexts = {{
    {Reason::kFirst, "first notification"},
    {Reason::kNewAlerts, "new alerts added"},
    {Reason::kSomeResolved, "some alerts resolved"},
    {Reason::kAllResolved, "all alerts resolved"},
    {Reason::kRepeat, "repeat interval elapsed"},
    {Reason::kUnknown, "unknown"},
}};

nlohmann::json labels_to_json(const metrics::Labels& labels) {
  auto object = nlohmann::json::object();
  for (const metrics::Label& label : labels) object[label.name] = label.value;
  return object;
}

nlohmann::json alert_to_json(const MessageAlert& of) {
  nlohmann::json object = {{"firing", of.firing},
                           {"labels", labels_to_json(of.alert.labels)},
                           {"annotations", labels_to_json(of.alert.annotations)},
                           {"starts_at", of.alert.starts_at},
                           {"generator_url", of.alert.generator_url},
                           {"updated_at", of.alert.updated_at}};
  if (of.alert.ends_at) object["ends_at"] = *of.alert.ends_at;
  return object;
}

// The fields of one object; the first one that is missing or of another type is the error.
class MessageFields {
 public:
  explicit MessageFields(const nlohmann::json& object) : object_(object) {
    if (!object.is_object()) error_ = "not an object";
  }

  void read(const char* name, std::string& text) {
    const nlohmann::json* field = find(name);
    if (field == nullptr) return;
    if (!field->is_string()) return fail(name, "a text");
    text = field->get<std::string>();
  }
  void read(const char* name, bool& value) {
    const nlohmann::json* field = find(name);
    if (field == nullptr) return;
    if (!field->is_boolean()) return fail(name, "true or false");
    value = field->get<bool>();
  }
  void read(const char* name, std::int64_t& number) {
    const nlohmann::json* field = find(name);
    if (field == nullptr) return;
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!field->is_number_integer() ||
        (field->is_number_unsigned() && field->get<std::uint64_t>() > kMost)) {
      return fail(name, "an integer");
    }
    number = field->get<std::int64_t>();
  }
  void read(const char* name, std::optional<std::int64_t>& number) {
    if (!object_.is_object() || !object_.contains(name)) return;
    std::int64_t given = 0;
    read(name, given);
    number = given;
  }
  void read(const char* name, metrics::Labels& labels) {
    const nlohmann::json* field = find(name);
    if (field == nullptr) return;
    if (!field->is_object()) return fail(name, "an object of texts");
    for (const auto& [label, value] : field->items()) {
      if (!value.is_string()) return fail(name, "an object of texts");
      labels.push_back(metrics::Label{label, value.get<std::string>()});
    }
  }
  // nullptr after an error.
  const nlohmann::json* list(const char* name) {
    const nlohmann::json* field = find(name);
    if (field == nullptr || field->is_array()) return field;
    fail(name, "a list");
    return nullptr;
  }
  void fail(const char* name, std::string_view expected) {
    if (error_.empty()) error_ = fmt::format("'{}' is not {}", name, expected);
  }
  const std::string& error() const { return error_; }

 private:
  const nlohmann::json* find(const char* name) {
    if (!error_.empty()) return nullptr;
    const auto field = object_.find(name);
    if (field != object_.end()) return &*field;
    error_ = fmt::format("'{}' is missing", name);
    return nullptr;
  }

  const nlohmann::json& object_;
  std::string error_;
};

std::expected<MessageAlert, std::string> message_alert_from_json(const nlohmann::json& object) {
  MessageAlert read;
  MessageFields fields(object);
  fields.read("firing", read.firing);
  fields.read("labels", read.alert.labels);
  fields.read("annotations", read.alert.annotations);
  fields.read("starts_at", read.alert.starts_at);
  fields.read("ends_at", read.alert.ends_at);
  fields.read("generator_url", read.alert.generator_url);
  fields.read("updated_at", read.alert.updated_at);
  if (!fields.error().empty()) return std::unexpected(fields.error());
  return read;
}

}  // namespace

std::string_view reason_text(Reason reason) {
  const auto* const row =
      std::ranges::find(kReasonTexts, reason, &decltype(kReasonTexts)::value_type::first);
  return row == kReasonTexts.end() ? "unknown" : row->second;
}

std::string Destination::text() const {
  return fmt::format("{}/{}[{}]", receiver, integration, index);
}

bool Message::firing() const { return std::ranges::any_of(alerts, &MessageAlert::firing); }

std::string to_json(const Message& message) {
  auto alerts = nlohmann::json::array();
  for (const MessageAlert& alert : message.alerts) alerts.push_back(alert_to_json(alert));
  const nlohmann::json object = {{"id", message.id},
                                 {"receiver", message.destination.receiver},
                                 {"integration", message.destination.integration},
                                 {"index", message.destination.index},
                                 {"group_key", message.group_key},
                                 {"group_labels", labels_to_json(message.group_labels)},
                                 {"alerts", std::move(alerts)},
                                 {"reason", reason_text(message.reason)},
                                 {"created_at", message.created_at}};
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::expected<Message, std::string> message_from_json(std::string_view text) {
  const auto object = nlohmann::json::parse(text, nullptr, false);
  if (object.is_discarded()) return std::unexpected("not JSON");
  Message message;
  std::int64_t index = 0;
  std::string reason;
  MessageFields fields(object);
  fields.read("id", message.id);
  fields.read("receiver", message.destination.receiver);
  fields.read("integration", message.destination.integration);
  fields.read("index", index);
  fields.read("group_key", message.group_key);
  fields.read("group_labels", message.group_labels);
  fields.read("reason", reason);
  fields.read("created_at", message.created_at);
  if (index < 0) fields.fail("index", "a position");
  const nlohmann::json* alerts = fields.list("alerts");
  if (!fields.error().empty()) return std::unexpected(fields.error());
  message.destination.index = static_cast<std::size_t>(index);
  // A reason that a later version knows does not stop the message.
  const auto* const row =
      std::ranges::find(kReasonTexts, reason, &decltype(kReasonTexts)::value_type::second);
  if (row != kReasonTexts.end()) message.reason = row->first;
  for (const nlohmann::json& alert : *alerts) {
    auto read = message_alert_from_json(alert);
    if (!read) return std::unexpected(fmt::format("an alert: {}", read.error()));
    message.alerts.push_back(*std::move(read));
  }
  return message;
}

}  // namespace hitwatch::notify
