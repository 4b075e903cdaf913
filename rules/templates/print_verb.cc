#include "rules/templates/print_verb.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <utility>

#include "rules/templates/float_text.h"
#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

std::string hexadecimal(std::string_view text, bool upper_case, const Directive& directive) {
  std::string out;
  const std::string_view prefix = !directive.sharp ? "" : upper_case ? "0X" : "0x";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (directive.space && i > 0) out += ' ';
    if (i == 0 || directive.space) out += prefix;
    const auto byte = static_cast<unsigned char>(text[i]);
    out += upper_case ? fmt::format("{:02X}", byte) : fmt::format("{:02x}", byte);
  }
  return out;
}

// The first `count` code points.
std::string_view truncated(std::string_view text, std::optional<int> count) {
  if (!count) return text;
  std::size_t size = 0;
  for (int i = 0; i < *count && size < text.size(); ++i) size += first_rune(text.substr(size)).size;
  return text.substr(0, size);
}

bool can_be_raw(std::string_view text) {
  while (!text.empty()) {
    const auto rune = first_rune(text);
    if (!rune.valid || rune.code == 0xFEFF || rune.code == '`' || rune.code == 0x7f) return false;
    if (rune.code < ' ' && rune.code != '\t') return false;
    text.remove_prefix(rune.size);
  }
  return true;
}

std::string in_base(std::uint64_t number, char32_t verb) {
  switch (verb) {
    case 'b':
      return fmt::format("{:b}", number);
    case 'o':
    case 'O':
      return fmt::format("{:o}", number);
    case 'x':
      return fmt::format("{:x}", number);
    case 'X':
      return fmt::format("{:X}", number);
    default:
      return fmt::format("{}", number);
  }
}

// Verbs that show what a String method answers.
bool is_for_text(char32_t verb) {
  constexpr std::string_view kTextVerbs = "vsxXq";
  return verb < 0x80 && kTextVerbs.find(static_cast<char>(verb)) < kTextVerbs.size();
}

std::string_view base_prefix(char32_t verb, bool sharp) {
  if (verb == 'O') return "0o";
  if (!sharp) return "";
  switch (verb) {
    case 'b':
      return "0b";
    case 'o':
      return "0";
    case 'x':
      return "0x";
    case 'X':
      return "0X";
    default:
      return "";
  }
}

std::string unicode_notation(std::uint64_t code, bool with_character) {
  auto out = fmt::format("U+{:04X}", code);
  if (with_character && code <= 0x10FFFF && is_printable(static_cast<char32_t>(code))) {
    out += " '";
    append_rune(out, static_cast<char32_t>(code));
    out += '\'';
  }
  return out;
}

}  // namespace

void VerbPrinter::append(std::string_view text) {
  if (overflowed_ || text.size() > limit_ - out_.size()) {
    overflowed_ = true;
    return;
  }
  out_ += text;
}

void VerbPrinter::pad(std::string_view text, const Directive& directive) {
  const std::size_t width = static_cast<std::size_t>(directive.width.value_or(0));
  const auto size = width == 0 ? 0 : count_runes(text);
  if (size >= width) return append(text);
  const std::string padding(width - size, directive.zero && !directive.minus ? '0' : ' ');
  if (!directive.minus) append(padding);
  append(text);
  if (directive.minus) append(padding);
}

void VerbPrinter::print(const Value& value, char32_t verb, const Directive& directive) {
  if (verb == 'T') return pad(value.type_name(), directive);
  if (verb != 'v') return print_any(value, verb, directive);
  // For %v these flags ask for another kind of text altogether.
  auto plain = directive;
  plain.names = std::exchange(plain.plus, false);
  plain.syntax = std::exchange(plain.sharp, false);
  print_any(value, verb, plain);
}

void VerbPrinter::print_bad_verb(const Value& value, char32_t verb, const Directive& directive) {
  std::string start = "%!";
  append_rune(start, verb);
  append(start);
  if (value.is_nil()) return append("(<nil>)");
  append("(");
  append(value.type_name());
  append("=");
  print_any(value, 'v', directive);
  append(")");
}

void VerbPrinter::print_any(const Value& value, char32_t verb, const Directive& directive) {
  if (overflowed_) return;
  if (value.is_nil()) {
    if (verb == 'v') return pad("<nil>", directive);
    return print_bad_verb(value, verb, directive);
  }
  if (const auto* boolean = value.as_boolean()) return print_boolean(*boolean, verb, directive);
  if (const auto* integer = value.as_integer()) {
    return print_integer(value, *integer, verb, directive);
  }
  if (const auto* number = value.as_number()) return print_float(value, *number, verb, directive);
  if (const auto* text = value.as_text()) return print_text(value, *text, verb, directive);
  const auto prints_as_text = [&](const NamedType* type) {
    return type != nullptr && type->text != nullptr && is_for_text(verb) && !directive.syntax;
  };
  if (const auto* list = value.as_list()) {
    if (!prints_as_text(list->named)) return print_list(*list, verb, directive);
    return print_text(value, list->named->text(value), verb, directive);
  }
  if (const auto* map = value.as_map()) {
    if (!prints_as_text(map->named)) return print_map(*map, verb, directive);
    return print_text(value, map->named->text(value), verb, directive);
  }
  print_object(value, *value.as_object(), verb, directive);
}

void VerbPrinter::print_item(const Value& item, char32_t verb, const Directive& directive) {
  if (item.is_nil()) return append("<nil>");  // whatever the verb
  print_any(item, verb, directive);
}

void VerbPrinter::print_boolean(bool value, char32_t verb, const Directive& directive) {
  if (verb != 't' && verb != 'v') return print_bad_verb(Value::boolean(value), verb, directive);
  pad(value ? "true" : "false", directive);
}

void VerbPrinter::print_integer(const Value& value, std::int64_t number, char32_t verb,
                                const Directive& directive) {
  const bool negative = number < 0;
  const auto size =
      negative ? ~static_cast<std::uint64_t>(number) + 1 : static_cast<std::uint64_t>(number);
  const auto code = negative || number > 0x10FFFF ? kReplacement : static_cast<char32_t>(number);
  switch (verb) {
    case 'c': {
      std::string out;
      append_rune(out, code);
      return pad(out, directive);
    }
    case 'q':
      return pad(quote_rune(code, directive.plus), directive);
    case 'U':
      return pad(unicode_notation(static_cast<std::uint64_t>(number), directive.sharp), directive);
    case 'v':
    case 'd':
    case 'b':
    case 'o':
    case 'O':
    case 'x':
    case 'X':
      break;
    default:
      return print_bad_verb(value, verb, directive);
  }
  if (directive.precision == 0 && number == 0) {
    return append(std::string(static_cast<std::size_t>(directive.width.value_or(0)), ' '));
  }
  const std::string sign = negative ? "-" : directive.plus ? "+" : directive.space ? " " : "";
  auto digits = in_base(size, verb);
  auto wanted = static_cast<std::size_t>(directive.precision.value_or(0));
  if (!directive.precision && directive.zero && !directive.minus && directive.width) {
    wanted = static_cast<std::size_t>(*directive.width);
    if (!sign.empty() && wanted > 0) --wanted;
  }
  if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
  auto prefix = base_prefix(verb, directive.sharp);
  if (verb == 'o' && digits[0] == '0') prefix = "";
  auto spaces = directive;
  spaces.zero = false;
  pad(sign + std::string(prefix) + digits, spaces);
}

void VerbPrinter::print_float(const Value& value, double number, char32_t verb,
                              const Directive& directive) {
  std::string text;
  switch (verb) {
    case 'v':
      text = format_float(number, 'g', directive.precision);
      break;
    case 'g':
    case 'G':
      text = format_float(number, static_cast<char>(verb), directive.precision);
      break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
      text = format_float(number, verb == 'F' ? 'f' : static_cast<char>(verb),
                          directive.precision.value_or(6));
      break;
    default:
      return print_bad_verb(value, verb, directive);
  }
  auto padding = directive;
  if (text[0] != '-' && text[0] != '+') text.insert(0, 1, '+');
  const char positive = directive.plus ? '+' : directive.space ? ' ' : '\0';
  if (!std::isfinite(number)) {
    padding.zero = false;
    if (text[0] == '+' && directive.space && !directive.plus) text[0] = ' ';
    if (std::isnan(number) && !directive.plus && !directive.space) text.erase(0, 1);
    return pad(text, padding);
  }
  if (text[0] == '+') {
    if (positive == '\0') return pad(std::string_view(text).substr(1), padding);
    text[0] = positive;
  }
  const auto width = static_cast<std::size_t>(directive.width.value_or(0));
  if (padding.zero && !padding.minus && width > text.size()) {
    text.insert(1, width - text.size(), '0');
  }
  pad(text, padding);
}

void VerbPrinter::print_text(const Value& value, const std::string& text, char32_t verb,
                             const Directive& directive) {
  const auto shown = truncated(text, directive.precision);
  switch (verb) {
    case 'v':
      return directive.syntax ? pad(quote(shown), directive) : pad(shown, directive);
    case 's':
      return pad(shown, directive);
    case 'q':
      if (directive.sharp && can_be_raw(shown)) return pad(fmt::format("`{}`", shown), directive);
      return pad(quote(shown, directive.plus), directive);
    case 'x':
    case 'X': {
      const auto bytes = std::string_view(text).substr(
          0, static_cast<std::size_t>(directive.precision.value_or(1 << 30)));
      return pad(hexadecimal(bytes, verb == 'X', directive), directive);
    }
    default:
      return print_bad_verb(value, verb, directive);
  }
}

void VerbPrinter::print_list(const List& list, char32_t verb, const Directive& directive) {
  const bool syntax = directive.syntax;
  if (syntax) append(list.type);
  append(syntax ? "{" : "[");
  bool first = true;
  for (const auto& item : list.items) {
    if (overflowed_) return;
    if (!first) append(syntax ? ", " : " ");
    first = false;
    print_item(item, verb, directive);
  }
  append(syntax ? "}" : "]");
}

void VerbPrinter::print_map(const Map& map, char32_t verb, const Directive& directive) {
  const bool syntax = directive.syntax;
  append(syntax ? map.type : "map");
  append(syntax ? "{" : "[");
  bool first = true;
  for (const auto& [key, item] : map.entries) {
    if (overflowed_) return;
    if (!first) append(syntax ? ", " : " ");
    first = false;
    print_any(Value::text(key), verb, directive);
    append(":");
    print_item(item, verb, directive);
  }
  append(syntax ? "}" : "]");
}

void VerbPrinter::print_object(const Value& value, const Object& object, char32_t verb,
                               const Directive& directive) {
  if (is_for_text(verb) && !directive.syntax) {
    if (const auto text = object.text()) return print_text(value, *text, verb, directive);
  }
  if (const auto integer = object.integer()) return print_integer(value, *integer, verb, directive);
  if (object.type_name().starts_with('*')) append("&");
  if (directive.syntax) append(object.type_name().substr(object.type_name()[0] == '*'));
  append("{");
  bool first = true;
  const bool named = directive.names || directive.syntax;
  for (const auto& [name, item] : object.fields()) {
    if (overflowed_) return;
    if (!first) append(directive.syntax ? ", " : " ");
    first = false;
    if (named) {
      append(name);
      append(":");
    }
    print_item(item, verb, directive);
  }
  append("}");
}

}  // namespace hitwatch::templates
