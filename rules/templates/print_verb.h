// One value under one verb of Go's fmt: `%-8.3f`, `%q`, `%+v`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "rules/templates/value.h"

namespace hitwatch::templates {

// The flags, width and precision of a verb.
struct Directive {
  bool plus = false;
  bool minus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  bool names = false;            // of fields: %+v
  bool syntax = false;           // as in a program: %#v
  std::optional<int> width;      // not negative
  std::optional<int> precision;  // not negative
};

// Appends to a text until it is too long; what comes then is dropped.
class VerbPrinter {
 public:
  explicit VerbPrinter(std::size_t limit) : limit_(limit) {}

  void append(std::string_view text);
  void print(const Value& value, char32_t verb, const Directive& directive);

  bool overflowed() const { return overflowed_; }
  std::string take() { return std::move(out_); }

 private:
  // `%!d(string=x)`
  void print_bad_verb(const Value& value, char32_t verb, const Directive& directive);
  void print_any(const Value& value, char32_t verb, const Directive& directive);
  void print_item(const Value& item, char32_t verb, const Directive& directive);
  void print_boolean(bool value, char32_t verb, const Directive& directive);
  void print_integer(const Value& value, std::int64_t number, char32_t verb,
                     const Directive& directive);
  void print_float(const Value& value, double number, char32_t verb, const Directive& directive);
  void print_text(const Value& value, const std::string& text, char32_t verb,
                  const Directive& directive);
  void print_list(const List& list, char32_t verb, const Directive& directive);
  void print_map(const Map& map, char32_t verb, const Directive& directive);
  void print_object(const Value& value, const Object& object, char32_t verb,
                    const Directive& directive);
  void pad(std::string_view text, const Directive& directive);

  std::size_t limit_;
  std::string out_;
  bool overflowed_ = false;
};

}  // namespace hitwatch::templates
