#include "collectors/keys/program.h"

namespace hitwatch::keys {

using Kind = Pattern::Element::Kind;
using Op = Step::Op;

Program::Program(std::span<const Rule> rules) {
  for (const Rule& rule : rules) {
    starts_.push_back(static_cast<Position>(steps_.size()));
    add(rule, static_cast<std::uint32_t>(starts_.size() - 1));
  }
}

void Program::push(Step step) {
  steps_.push_back(step);
  bytes_.push_back(step.op == Op::kLiteral ? static_cast<char>(step.byte) : '\0');
}

void Program::add(const Rule& rule, std::uint32_t index) {
  const auto& elements = rule.pattern.elements();
  for (std::size_t i = 0; i < elements.size(); ++i) {
    switch (elements[i].kind) {
      case Kind::kLiteral:
        for (const char c : elements[i].text) {
          push({Op::kLiteral, static_cast<unsigned char>(c), 0, false, index});
        }
        break;
      case Kind::kPlaceholder:
        add_placeholder(rule, index, i);
        break;
      case Kind::kRest:
        push({Op::kRest, 0, 0, false, index});
        break;
    }
  }
  if (elements.empty() || elements.back().kind != Kind::kRest) {
    push({Op::kEnd, 0, 0, false, index});
  }
}

void Program::add_placeholder(const Rule& rule, std::uint32_t index, std::size_t element) {
  const auto& elements = rule.pattern.elements();
  const auto separator = static_cast<unsigned char>(rule.pattern.separator());
  const auto* next = element + 1 < elements.size() ? &elements[element + 1] : nullptr;
  Step step{Op::kFirst, separator, separator, false, index};
  if (next != nullptr && next->kind == Kind::kLiteral) {
    step.byte = static_cast<unsigned char>(next->text.front());
    step.literal_follows = true;
  }
  const bool may_be_empty = rule.tenant_required && elements[element].text == "tenant";
  if (!may_be_empty) push(step);
  // Before a `*` everything is taken anyhow.
  if (next != nullptr && next->kind == Kind::kRest) return;
  step.op = Op::kMore;
  push(step);
}

Position Program::advance(Position position, unsigned char byte) const {
  const Step& step = steps_[position];
  switch (step.op) {
    case Op::kLiteral:
      return byte == step.byte ? position + 1 : kNowhere;
    case Op::kFirst:
      return byte == step.byte || byte == step.separator ? kNowhere : position + 1;
    case Op::kMore:
      if (byte == step.byte && step.literal_follows) return position + 2;
      return byte == step.byte || byte == step.separator ? kNowhere : position;
    case Op::kRest:
      return position;
    case Op::kEnd:
      break;
  }
  return kNowhere;
}

bool Program::accepts(Position position) const {
  const Step& step = steps_[position];
  return step.op == Op::kRest || step.op == Op::kEnd ||
         (step.op == Op::kMore && !step.literal_follows);
}

std::string_view Program::literal(Position position) const {
  std::size_t end = position;
  while (steps_[end].op == Op::kLiteral) ++end;
  return {bytes_.data() + position, end - position};
}

}  // namespace hitwatch::keys
