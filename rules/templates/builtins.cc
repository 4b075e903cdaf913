#include "rules/templates/builtins.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "rules/templates/print.h"
#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

Result fault(std::string text) { return std::unexpected(std::move(text)); }

Result as_text(Printed printed) {
  if (!printed) return fault(std::move(printed.error()));
  return Value::text(std::move(*printed));
}

// --- logic ---

Result last_argument(Call&, Arguments arguments) { return arguments.back(); }

Result negate(Call&, Arguments arguments) { return Value::boolean(!arguments[0].truth()); }

// --- comparison ---

enum class Basic : std::uint8_t { kInvalid, kBoolean, kInteger, kNumber, kText };

Basic basic_kind(const Value& value) {
  if (value.as_boolean() != nullptr) return Basic::kBoolean;
  if (value.as_integer() != nullptr) return Basic::kInteger;
  if (value.as_number() != nullptr) return Basic::kNumber;
  if (value.as_text() != nullptr) return Basic::kText;
  const auto* object = value.as_object();
  return object != nullptr && object->integer() ? Basic::kInteger : Basic::kInvalid;
}

std::int64_t whole(const Value& value) {
  if (const auto* integer = value.as_integer()) return *integer;
  return value.as_object()->integer().value_or(0);
}

constexpr std::string_view kIncompatible = "incompatible types for comparison";

std::expected<bool, std::string> equal(const Value& a, const Value& b) {
  for (const auto* value : {&a, &b}) {
    if (value->as_list() != nullptr || value->as_map() != nullptr) {
      const auto shown = sprint({value, 1}, 1000);
      return std::unexpected(fmt::format("non-comparable type {}: {}",
                                         shown.value_or(std::string(value->type_name())),
                                         value->type_name()));
    }
  }
  if (a.is_nil() || b.is_nil()) return a.is_nil() && b.is_nil();
  const auto kind = basic_kind(a);
  if (kind != basic_kind(b)) return std::unexpected(std::string(kIncompatible));
  switch (kind) {
    case Basic::kBoolean:
      return *a.as_boolean() == *b.as_boolean();
    case Basic::kInteger:
      return whole(a) == whole(b);
    case Basic::kNumber:
      return *a.as_number() == *b.as_number();
    case Basic::kText:
      return *a.as_text() == *b.as_text();
    case Basic::kInvalid:
      break;
  }
  return a.as_object() == b.as_object();
}

// Equal to any of the others.
Result eq(Call&, Arguments arguments) {
  if (arguments.size() < 2) return fault("missing argument for comparison");
  for (const auto& other : arguments.subspan(1)) {
    const auto same = equal(arguments[0], other);
    if (!same) return fault(same.error());
    if (*same) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Result ne(Call&, Arguments arguments) {
  const auto same = equal(arguments[0], arguments[1]);
  if (!same) return fault(same.error());
  return Value::boolean(!*same);
}

std::expected<std::partial_ordering, std::string> compare(const Value& a, const Value& b) {
  const auto kind = basic_kind(a);
  if (kind == Basic::kInvalid || basic_kind(b) == Basic::kInvalid) {
    return std::unexpected("invalid type for comparison");
  }
  if (kind != basic_kind(b)) return std::unexpected(std::string(kIncompatible));
  switch (kind) {
    case Basic::kInteger:
      return whole(a) <=> whole(b);
    case Basic::kNumber:
      return *a.as_number() <=> *b.as_number();
    case Basic::kText:
      return *a.as_text() <=> *b.as_text();
    default:
      return std::unexpected("invalid type for comparison");
  }
}

template <bool (*Holds)(std::partial_ordering)>
Result ordered(Call&, Arguments arguments) {
  const auto order = compare(arguments[0], arguments[1]);
  if (!order) return fault(order.error());
  return Value::boolean(Holds(*order));
}

bool is_less(std::partial_ordering order) { return order < 0; }
bool is_less_or_equal(std::partial_ordering order) { return order <= 0; }
bool is_greater(std::partial_ordering order) { return order > 0; }
bool is_greater_or_equal(std::partial_ordering order) { return order >= 0; }

// --- containers ---

// A place in something of `size` items. The end is a place only for slices.
std::expected<std::size_t, std::string> position(const Value& index, std::size_t size) {
  if (index.is_nil()) return std::unexpected("cannot index slice/array with nil");
  const auto* number = index.as_integer();
  if (number == nullptr) {
    return std::unexpected(fmt::format("cannot index slice/array with type {}", index.type_name()));
  }
  if (*number < 0 || static_cast<std::uint64_t>(*number) > size) {
    return std::unexpected(fmt::format("index out of range: {}", *number));
  }
  return static_cast<std::size_t>(*number);
}

Result item(const Value& container, const Value& index) {
  if (const auto* map = container.as_map()) {
    const auto* key = index.as_text();
    if (index.is_nil()) return fault("value is nil; should be of type string");
    if (key == nullptr) {
      return fault(fmt::format("value has type {}; should be string", index.type_name()));
    }
    const auto found = map->entries.find(*key);
    return found == map->entries.end() ? map->missing : found->second;
  }
  const auto* list = container.as_list();
  const auto* text = container.as_text();
  if (list == nullptr && text == nullptr) {
    return fault(fmt::format("can't index item of type {}", container.type_name()));
  }
  const auto size = list != nullptr ? list->items.size() : text->size();
  const auto at = position(index, size);
  if (!at) return fault(at.error());
  if (*at == size) {
    return fault(
        fmt::format("reflect: {} index out of range", list != nullptr ? "slice" : "string"));
  }
  if (list != nullptr) return list->items[*at];
  return Value::integer(static_cast<unsigned char>((*text)[*at]));
}

Result index(Call&, Arguments arguments) {
  if (arguments[0].is_nil()) return fault("index of untyped nil");
  Value value = arguments[0];
  for (const auto& key : arguments.subspan(1)) {
    auto next = item(value, key);
    if (!next) return next;
    value = std::move(*next);
  }
  return value;
}

Result slice(Call& call, Arguments arguments) {
  const auto& value = arguments[0];
  if (value.is_nil()) return fault("slice of untyped nil");
  if (arguments.size() > 4) {
    return fault(fmt::format("too many slice indexes: {}", arguments.size() - 1));
  }
  const auto* list = value.as_list();
  const auto* text = value.as_text();
  if (list == nullptr && text == nullptr) {
    return fault(fmt::format("can't slice item of type {}", value.type_name()));
  }
  if (text != nullptr && arguments.size() == 4) return fault("cannot 3-index slice a string");
  const auto size = list != nullptr ? list->items.size() : text->size();
  std::array<std::size_t, 3> bounds = {0, size, size};
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto at = position(arguments[i], size);
    if (!at) return fault(at.error());
    bounds[i - 1] = *at;
  }
  const auto [from, to, capacity] = bounds;
  if (from > to) return fault(fmt::format("invalid slice index: {} > {}", from, to));
  if (to > capacity) return fault(fmt::format("invalid slice index: {} > {}", to, capacity));
  if (text != nullptr) return Value::text(text->substr(from, to - from));
  call.budget.spend_bytes((to - from) * sizeof(Value));
  return Value::list(
      {.items = std::vector<Value>(list->items.begin() + static_cast<std::ptrdiff_t>(from),
                                   list->items.begin() + static_cast<std::ptrdiff_t>(to)),
       .type = list->type});
}

Result len(Call&, Arguments arguments) {
  const auto& value = arguments[0];
  const auto answer = [](std::size_t size) {
    return Value::integer(static_cast<std::int64_t>(size));
  };
  if (const auto* text = value.as_text()) return answer(text->size());
  if (const auto* list = value.as_list()) return answer(list->items.size());
  if (const auto* map = value.as_map()) return answer(map->entries.size());
  if (value.is_nil()) return fault("len of nil pointer");
  return fault(fmt::format("len of type {}", value.type_name()));
}

// --- text ---

Result print(Call&, Arguments arguments) { return as_text(sprint(arguments, kLongestOutput)); }

Result println(Call&, Arguments arguments) { return as_text(sprintln(arguments, kLongestOutput)); }

Result printf(Call&, Arguments arguments) {
  return as_text(sprintf(*arguments[0].as_text(), arguments.subspan(1), kLongestOutput));
}

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char character : text) {
    switch (character) {
      case '\0':
        append_rune(out, kReplacement);
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += character;
    }
  }
  return out;
}

std::string js_escape(std::string_view text) {
  std::string out;
  for (; !text.empty(); text.remove_prefix(first_rune(text).size)) {
    const auto rune = first_rune(text);
    const auto code = static_cast<std::uint32_t>(rune.code);
    if (code == '\\' || code == '\'' || code == '"') {
      out += '\\';
      out += static_cast<char>(code);
    } else if (code == '<' || code == '>' || code == '&' || code == '=' || code < ' ' ||
               (code >= 0x7f && !is_printable(rune.code))) {
      fmt::format_to(std::back_inserter(out), "\\u{:04X}", code);
    } else {
      out += text.substr(0, rune.size);
    }
  }
  return out;
}

template <std::string (*Escape)(std::string_view)>
Result escaped(Call&, Arguments arguments) {
  if (arguments.size() == 1) {
    if (const auto* text = arguments[0].as_text()) return Value::text(Escape(*text));
  }
  std::vector<Value> shown(arguments.begin(), arguments.end());
  for (auto& value : shown) {
    if (value.is_nil()) value = Value::text("<no value>");
  }
  const auto text = sprint(shown, kLongestOutput);
  if (!text) return fault(text.error());
  return Value::text(Escape(*text));
}

Result call_value(Call&, Arguments arguments) {
  if (arguments[0].is_nil()) return fault("call of nil");
  return fault(fmt::format("non-function of type {}", arguments[0].type_name()));
}

}  // namespace

std::string query_escape(std::string_view text) {
  std::string out;
  for (const char character : text) {
    const bool plain = (character >= '0' && character <= '9') ||
                       (character >= 'a' && character <= 'z') ||
                       (character >= 'A' && character <= 'Z') || character == '-' ||
                       character == '_' || character == '.' || character == '~';
    if (plain) {
      out += character;
    } else if (character == ' ') {
      out += '+';
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(character));
    }
  }
  return out;
}

std::span<const Function> builtin_functions() {
  static const std::vector<Function> functions = {
      {"and", {kAny, kAny}, true, last_argument, false},
      {"call", {kAny, kAny}, true, call_value},
      {"eq", {kAny, kAny}, true, eq},
      {"ge", {kAny, kAny}, false, ordered<is_greater_or_equal>},
      {"gt", {kAny, kAny}, false, ordered<is_greater>},
      {"html", {kAny}, true, escaped<html_escape>},
      {"index", {kAny, kAny}, true, index},
      {"js", {kAny}, true, escaped<js_escape>},
      {"le", {kAny, kAny}, false, ordered<is_less_or_equal>},
      {"len", {kAny}, false, len},
      {"lt", {kAny, kAny}, false, ordered<is_less>},
      {"ne", {kAny, kAny}, false, ne},
      {"not", {kAny}, false, negate},
      {"or", {kAny, kAny}, true, last_argument, true},
      {"print", {kAny}, true, print},
      {"printf", {"string", kAny}, true, printf},
      {"println", {kAny}, true, println},
      {"slice", {kAny, kAny}, true, slice},
      {"urlquery", {kAny}, true, escaped<query_escape>},
  };
  return functions;
}

}  // namespace hitwatch::templates
