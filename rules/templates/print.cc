#include "rules/templates/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "rules/templates/print_verb.h"
#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

constexpr int kLargestWidth = 1'000'000;  // of a `*`, and of a written one but for its last digit

Printed finished(VerbPrinter& printer, std::size_t limit) {
  if (printer.overflowed()) {
    return std::unexpected(fmt::format("the text would be longer than {} bytes", limit));
  }
  return printer.take();
}

// Walks through a format string and the values that go with it.
class FormatPrinter {
 public:
  FormatPrinter(std::string_view format, std::span<const Value> values, std::size_t limit)
      : rest_(format), values_(values), limit_(limit), printer_(limit) {}

  Printed run() {
    while (!rest_.empty() && !printer_.overflowed()) {
      const auto percent = std::min(rest_.find('%'), rest_.size());
      printer_.append(rest_.substr(0, percent));
      rest_.remove_prefix(percent);
      if (rest_.empty()) break;
      rest_.remove_prefix(1);
      print_directive();
    }
    if (!reordered_ && next_ < values_.size()) print_extra();
    return finished(printer_, limit_);
  }

 private:
  bool take(char character) {
    if (!rest_.starts_with(character)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void read_flags(Directive& directive) {
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      switch (rest_[0]) {
        case '#':
          directive.sharp = true;
          break;
        case '0':
          directive.zero = true;
          break;
        case '+':
          directive.plus = true;
          break;
        case '-':
          directive.minus = true;
          break;
        case ' ':
          directive.space = true;
          break;
        default:
          return;
      }
    }
  }

  // Nothing if there are no digits. A number that is too large ends the format, as in Go.
  std::optional<int> read_number() {
    int number = 0;
    std::size_t size = 0;
    for (; size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '9'; ++size) {
      if (number > kLargestWidth) {
        rest_ = {};
        return std::nullopt;
      }
      number = number * 10 + (rest_[size] - '0');
    }
    rest_.remove_prefix(size);
    return size > 0 ? std::optional(number) : std::nullopt;
  }

  // `[2]`: the next value is the second.
  void read_index() {
    if (!rest_.starts_with('[')) return;
    reordered_ = true;
    const auto close = rest_.find(']');
    if (close == std::string_view::npos) {
      good_index_ = false;
      rest_.remove_prefix(1);
      return;
    }
    const auto after = rest_.substr(close + 1);
    rest_ = rest_.substr(1, close - 1);
    const auto number = read_number();
    if (number && rest_.empty() && *number >= 1 &&
        static_cast<std::size_t>(*number) <= values_.size()) {
      next_ = static_cast<std::size_t>(*number) - 1;
      after_index_ = true;
    } else {
      good_index_ = false;
    }
    rest_ = after;
  }

  // The value of a `*`.
  std::optional<int> take_star(std::string_view complaint) {
    const auto* number = next_ < values_.size() ? values_[next_].as_integer() : nullptr;
    if (next_ < values_.size()) ++next_;
    after_index_ = false;
    if (number != nullptr && *number >= -kLargestWidth && *number <= kLargestWidth) {
      return static_cast<int>(*number);
    }
    printer_.append(complaint);
    return std::nullopt;
  }

  void read_width(Directive& directive) {
    if (take('*')) {
      directive.width = take_star("%!(BADWIDTH)");
      if (directive.width.value_or(0) < 0) {
        directive.width = -*directive.width;
        directive.minus = true;
        directive.zero = false;
      }
      return;
    }
    directive.width = read_number();
    if (after_index_ && directive.width) good_index_ = false;
  }

  void read_precision(Directive& directive) {
    if (rest_.size() < 2 || !take('.')) return;
    if (after_index_) good_index_ = false;
    read_index();
    if (take('*')) {
      directive.precision = take_star("%!(BADPREC)");
      if (directive.precision.value_or(0) < 0) {
        directive.precision.reset();
        printer_.append("%!(BADPREC)");
      }
      return;
    }
    directive.precision = read_number();
    if (!directive.precision) directive.precision = 0;
  }

  void print_directive() {
    Directive directive;
    good_index_ = true;
    after_index_ = false;
    read_flags(directive);
    read_index();
    read_width(directive);
    read_precision(directive);
    if (!after_index_) read_index();
    if (rest_.empty()) return printer_.append("%!(NOVERB)");
    const auto verb = first_rune(rest_);
    rest_.remove_prefix(verb.size);
    std::string name;
    append_rune(name, verb.code);
    if (verb.code == '%') {
      printer_.append("%");
    } else if (!good_index_) {
      printer_.append("%!" + name + "(BADINDEX)");
    } else if (next_ >= values_.size()) {
      printer_.append("%!" + name + "(MISSING)");
    } else {
      printer_.print(values_[next_++], verb.code, directive);
    }
  }

  void print_extra() {
    printer_.append("%!(EXTRA ");
    for (auto i = next_; i < values_.size(); ++i) {
      if (i > next_) printer_.append(", ");
      if (values_[i].is_nil()) {
        printer_.append("<nil>");
        continue;
      }
      printer_.append(values_[i].type_name());
      printer_.append("=");
      printer_.print(values_[i], 'v', {});
    }
    printer_.append(")");
  }

  std::string_view rest_;
  std::span<const Value> values_;
  std::size_t limit_;
  VerbPrinter printer_;
  std::size_t next_ = 0;
  bool reordered_ = false;
  bool good_index_ = true;
  bool after_index_ = false;
};

}  // namespace

Printed print_value(const Value& value, std::size_t limit) {
  if (value.is_nil()) return "<no value>";
  auto printed = sprint({&value, 1}, limit);
  const auto* object = value.as_object();
  if (printed && object != nullptr && object->type_name().starts_with('*') && !object->text()) {
    printed->erase(0, 1);
  }
  return printed;
}

Printed sprint(std::span<const Value> values, std::size_t limit) {
  VerbPrinter printer(limit);
  for (std::size_t i = 0; i < values.size() && !printer.overflowed(); ++i) {
    if (i > 0 && values[i].as_text() == nullptr && values[i - 1].as_text() == nullptr) {
      printer.append(" ");
    }
    printer.print(values[i], 'v', {});
  }
  return finished(printer, limit);
}

Printed sprintln(std::span<const Value> values, std::size_t limit) {
  VerbPrinter printer(limit);
  for (std::size_t i = 0; i < values.size() && !printer.overflowed(); ++i) {
    if (i > 0) printer.append(" ");
    printer.print(values[i], 'v', {});
  }
  printer.append("\n");
  return finished(printer, limit);
}

Printed sprintf(std::string_view format, std::span<const Value> values, std::size_t limit) {
  return FormatPrinter(format, values, limit).run();
}

}  // namespace hitwatch::templates
