#include "rules/templates/syntax.h"

#include <algorithm>

#include "rules/templates/unicode.h"

namespace hitwatch::templates {

std::string Operand::source() const {
  std::string out = text;
  if (kind == Kind::kPipeline) out = '(' + pipeline->source() + ')';
  if (kind == Kind::kChain) {
    out = base->source();
  }
  for (const auto& name : path) out += '.' + name;
  return out;
}

std::string Command::source() const {
  std::string out;
  for (const auto& operand : operands) {
    if (!out.empty()) out += ' ';
    out += operand.source();
  }
  return out;
}

std::string Pipeline::source() const {
  std::string out;
  for (const auto& variable : variables) {
    if (!out.empty()) out += ", ";
    out += variable;
  }
  if (!variables.empty()) out += assigns ? " = " : " := ";
  bool first = true;
  for (const auto& command : commands) {
    if (!first) out += " | ";
    first = false;
    out += command.source();
  }
  return out;
}

std::string Statement::source() const {
  const auto arguments = pipeline == nullptr ? "" : pipeline->source();
  switch (kind) {
    case Kind::kText:
      return text;
    case Kind::kAction:
      return "{{" + arguments + "}}";
    case Kind::kIf:
      return "{{if " + arguments + "}}";
    case Kind::kWith:
      return "{{with " + arguments + "}}";
    case Kind::kRange:
      return "{{range " + arguments + "}}";
    case Kind::kTemplate:
      return "{{template " + quote(text) + (arguments.empty() ? "" : ' ' + arguments) + "}}";
    case Kind::kBreak:
      return "{{break}}";
    case Kind::kContinue:
      return "{{continue}}";
  }
  return "";
}

bool is_blank(const Block& block) {
  return std::ranges::all_of(block, [](const Statement& statement) {
    return statement.kind == Statement::Kind::kText &&
           statement.text.find_first_not_of(" \t\r\n") == std::string::npos;
  });
}

}  // namespace hitwatch::templates
