#include "rules/promql/printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <vector>

#include "rules/promql/duration.h"
#include "rules/promql/functions.h"
#include "rules/promql/go_number.h"
#include "rules/promql/token.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {

namespace {

using window::Matcher;

bool is_plain_name(std::string_view name, bool colons) {
  const auto fits = [&](char letter) {
    return letter == '_' || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || (colons && letter == ':');
  };
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         std::ranges::all_of(name, fits);
}

// As it may stand in by(…). `inf` and `nan` would be numbers there.
std::string label_text(const std::string& name) {
  Token token;
  token.text = name;
  classify_word(token);
  return is_plain_name(name, true) && may_name_label(token) ? name : window::quoted(name);
}

std::string labels_text(const std::vector<std::string>& names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  std::ranges::transform(names, std::back_inserter(texts), label_text);
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string matcher_text(const Matcher& matcher) {
  return fmt::format(
      "{}{}{}",
      is_plain_name(matcher.name(), false) ? matcher.name() : window::quoted(matcher.name()),
      kind_text(matcher.kind()), window::quoted(matcher.value()));
}

std::string literal_text(const NumberLiteral& node) {
  const double milliseconds = std::round(node.value * 1000);
  if (!node.duration) return format_plain(node.value);
  return print_duration(static_cast<std::int64_t>(milliseconds));
}

class Printer {
 public:
  std::string take() { return std::move(out_); }

  void write(const Expr& expr) {
    std::visit([&](const auto& node) { write(node); }, expr.node);
  }

 private:
  void write(const NumberLiteral& node) { out_ += literal_text(node); }
  void write(const StringLiteral& node) { window::append_quoted(out_, node.value); }

  void write(const Paren& node) {
    out_ += '(';
    write(*node.expr);
    out_ += ')';
  }

  void write(const Unary& node) {
    out_ += node.minus ? '-' : '+';
    write(*node.expr);
  }

  void write(const Binary& node) {
    write_base(node);
    add(" {}{}", op_text(node.op), node.return_bool ? " bool" : "");
    write(node.matching);
    out_ += ' ';
    write(*node.right);
  }

  // The sign of `+Inf ^ 2` would be one of the power.
  void write_base(const Binary& node) {
    const auto* number = std::get_if<NumberLiteral>(&node.left->node);
    const bool infinite = number != nullptr && std::isinf(number->value);
    if (infinite && node.op == BinaryOp::kPow) {
      out_ += "Inf";
    } else {
      write(*node.left);
    }
  }

  void write(const Matching& matching) {
    const bool grouped = matching.cardinality == Cardinality::kManyToOne ||
                         matching.cardinality == Cardinality::kOneToMany;
    if (matching.on || !matching.labels.empty() || grouped) {
      add(" {} ({})", matching.on ? "on" : "ignoring", labels_text(matching.labels));
    }
    if (grouped) {
      add(" group_{} ({})", matching.cardinality == Cardinality::kManyToOne ? "left" : "right",
          labels_text(matching.include));
    }
    write_fills(matching);
  }

  void write_fills(const Matching& matching) {
    const auto text = [](const std::optional<double>& value) {
      return value ? format_plain(*value) : std::string();
    };
    const std::string left = text(matching.fill_left);
    const std::string right = text(matching.fill_right);
    if (!left.empty() && left == right) {
      add(" fill ({})", left);
      return;
    }
    if (!left.empty()) add(" fill_left ({})", left);
    if (!right.empty()) add(" fill_right ({})", right);
  }

  void write(const Aggregate& node) {
    out_ += op_text(node.op);
    if (node.without || !node.grouping.empty()) {
      add(" {} ({}) ", node.without ? "without" : "by", labels_text(node.grouping));
    }
    out_ += '(';
    if (node.parameter) {
      write(*node.parameter);
      out_ += ", ";
    }
    write(*node.expr);
    out_ += ')';
  }

  void write(const Call& node) {
    add("{}(", node.function->name);
    for (const ExprPtr& argument : node.arguments) {
      if (&argument != &node.arguments.front()) out_ += ", ";
      write(*argument);
    }
    out_ += ')';
  }

  void write(const VectorSelector& node) {
    write_selector(node);
    write(node.modifiers);
  }

  void write_selector(const VectorSelector& node) {
    out_ += node.name;
    std::vector<std::string> texts;
    for (const Matcher& matcher : node.matchers) {
      const bool of_name = !node.name.empty() && matcher.name() == "__name__";
      if (!of_name) texts.push_back(matcher_text(matcher));
    }
    std::ranges::sort(texts);
    if (!texts.empty() || node.name.empty()) add("{{{}}}", fmt::join(texts, ","));
  }

  void write(const MatrixSelector& node) {
    const auto& selector = std::get<VectorSelector>(node.vector->node);
    write_selector(selector);
    out_ += '[';
    write(node.range);
    out_ += ']';
    write(selector.modifiers);
  }

  void write(const Subquery& node) {
    write(*node.expr);
    out_ += '[';
    write(node.range);
    out_ += ':';
    if (node.step) write(*node.step);
    out_ += ']';
    write(node.modifiers);
  }

  void write(const Duration& duration) {
    if (duration.expression) {
      write(*duration.expression);
    } else {
      out_ += print_duration(duration.milliseconds);
    }
  }

  void write(const Modifiers& modifiers) {
    switch (modifiers.at) {
      case Modifiers::At::kNone:
        break;
      case Modifiers::At::kTime:
        add(" @ {:.3f}", static_cast<double>(modifiers.at_time) / 1000);
        break;
      case Modifiers::At::kStart:
        out_ += " @ start()";
        break;
      case Modifiers::At::kEnd:
        out_ += " @ end()";
        break;
    }
    if (modifiers.offset) {
      out_ += " offset ";
      write(*modifiers.offset);
    }
  }

  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  std::string out_;
};

}  // namespace

std::string print(const Expr& expr) {
  Printer printer;
  printer.write(expr);
  return printer.take();
}

}  // namespace hitwatch::promql
