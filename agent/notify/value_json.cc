#include "agent/notify/value_json.h"

#include <fmt/format.h>

#include <cmath>

#include "agent/notify/json_text.h"
#include "agent/notify/notice.h"
#include "rules/templates/float_text.h"
#include "rules/templates/time_value.h"

namespace hitwatch::notify {
namespace {

class ValueWriter {
 public:
  explicit ValueWriter(templates::Call& call) : call_(call) {}

  std::expected<std::string, std::string> run(const templates::Value& value) {
    write(value);
    if (!call_.budget.spend_bytes(out_.size())) fail("the template works on too much text");
    if (!error_.empty()) return std::unexpected(std::move(error_));
    return std::move(out_);
  }

 private:
  void fail(std::string text) {
    if (error_.empty()) error_ = std::move(text);
  }

  void write(const templates::Value& value) {
    if (!error_.empty()) return;
    if (out_.size() > templates::kLongestOutput) return fail("the JSON text is too large");
    if (const auto* text = value.as_text()) return append_json(out_, *text);
    if (const auto* boolean = value.as_boolean()) {
      out_ += *boolean ? "true" : "false";
    } else if (const auto* integer = value.as_integer()) {
      out_ += fmt::to_string(*integer);
    } else if (const auto* number = value.as_number()) {
      write_number(*number);
    } else if (const auto* list = value.as_list()) {
      write_list(*list);
    } else if (const auto* map = value.as_map()) {
      JsonObject object(out_);
      for (const auto& [name, item] : map->entries) {
        object.key(name);
        write(item);
      }
      object.close();
    } else if (const auto* object = value.as_object()) {
      write_object(value, *object);
    } else {
      out_ += "null";
    }
  }

  void write_number(double number) {
    if (!std::isfinite(number))
      return fail("unsupported value: " + templates::format_float(number, 'g'));
    const auto size = std::abs(number);
    const bool exponent = size != 0 && (size < 1e-6 || size >= 1e21);
    out_ += templates::format_float(number, exponent ? 'e' : 'f');
  }

  void write_list(const templates::List& list) {
    out_ += '[';
    bool first = true;
    for (const auto& item : list.items) {
      if (!first) out_ += ',';
      first = false;
      write(item);
    }
    out_ += ']';
  }

  void write_object(const templates::Value& value, const templates::Object& object) {
    if (const auto moment = templates::as_moment(value)) return append_json(out_, rfc3339(*moment));
    if (const auto integer = object.integer()) {
      out_ += fmt::to_string(*integer);
      return;
    }
    const bool pair = object.type_name() == "template.Pair";
    JsonObject members(out_);
    for (const auto& [name, item] : object.fields()) {
      members.key(pair ? std::string(name) : json_name(name));
      write(item);
    }
    members.close();
  }

  // `GroupLabels` is `groupLabels`.
  static std::string json_name(std::string_view field) {
    if (field == "NotificationReason") return "notification_reason";
    std::string name(field);
    if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') name[0] += 'a' - 'A';
    return name;
  }

  templates::Call& call_;
  std::string out_;
  std::string error_;
};

}  // namespace

std::expected<std::string, std::string> value_json(templates::Call& call,
                                                   const templates::Value& value) {
  return ValueWriter(call).run(value);
}

}  // namespace hitwatch::notify
