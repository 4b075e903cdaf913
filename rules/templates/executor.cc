// Walks the syntax tree. Every step that can fail returns an empty optional or a flag, after which
// `error_` holds the whole message: it is made where the failure happens, because it names the part
// of the template that was being evaluated last, as text/template's do.
#include "rules/templates/executor.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "rules/templates/limits.h"
#include "rules/templates/print.h"
#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

using Maybe = std::optional<Value>;

// The part of the template that is being evaluated.
using Place = std::variant<const Statement*, const Pipeline*, const Command*, const Operand*>;

enum class Flow : std::uint8_t { kFailed, kNext, kBreak, kContinue };

std::size_t text_size(const Value& value) {
  const auto* text = value.as_text();
  return text == nullptr ? 0 : text->size();
}

// Whether a value may be an argument of that type. A pointer fits where its target does.
bool fits(const Value& value, std::string_view type) {
  auto own = value.type_name();
  if (own == type || type == kAny) return true;
  if (own.starts_with('*')) own.remove_prefix(1);
  if (type.starts_with('*')) type.remove_prefix(1);
  return own == type;
}

bool may_be_nil(std::string_view type) {
  return type == kAny || type.starts_with('*') || type.starts_with("map[") ||
         type.starts_with("[]") || type == "template.queryResult";
}

std::string_view type_or_nil(const Value& value) {
  return value.is_nil() ? kAny : value.type_name();
}

class Executor {
 public:
  Executor(const Definitions& definitions, const Environment& environment)
      : definitions_(definitions), call_{environment, budget_, patterns_} {}

  std::expected<std::string, std::string> run(const std::string& name, const Value& data) {
    const auto found = definitions_.find(name);
    if (found == definitions_.end()) {
      return std::unexpected(fmt::format("template: {}: no such template", name));
    }
    enter(*found);
    variables_.emplace_back("$", data);
    if (walk(data, found->second->block) == Flow::kFailed)
      return std::unexpected(std::move(error_));
    return std::move(out_);
  }

 private:
  // --- errors and bounds ---

  // The message, unless an earlier one already says what is wrong.
  std::nullopt_t fail(std::string_view what) {
    if (!error_.empty()) return std::nullopt;
    const auto [position, expression] = std::visit(
        [](const auto* part) { return std::pair(part->position, part->source()); }, place_);
    const auto before = std::string_view(source_->text).substr(0, position);
    const auto line_start = before.rfind('\n');
    error_ =
        fmt::format("template: {}:{}:{}: executing {} at <{}>: {}", source_->name,
                    1 + std::count(before.begin(), before.end(), '\n'),
                    line_start == std::string_view::npos ? position : position - line_start - 1,
                    quote(name_), expression, what);
    return std::nullopt;
  }

  // Counts what is being evaluated within each other, for as long as it lives.
  class Descent {
   public:
    explicit Descent(Budget& budget) : budget_(budget) { --budget_.depth; }
    ~Descent() { ++budget_.depth; }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;

   private:
    Budget& budget_;
  };

  bool may_go_on() {
    if (--budget_.steps < 0) {
      fail("the template takes too many steps");
    } else if (budget_.depth < 0) {
      fail("exceeded maximum template depth");
    } else if (budget_.bytes < 0) {
      fail("the template works on too much text");
    } else {
      return true;
    }
    return false;
  }

  void enter(const Definitions::value_type& definition) {
    name_ = definition.first;
    source_ = definition.second->source.get();
  }

  template <typename Part>
  bool enter(const Part& part) {
    place_ = &part;
    return may_go_on();
  }

  bool write(std::string_view text) {
    if (text.size() > kLongestOutput - out_.size()) {
      fail(fmt::format("the text would be longer than {} bytes", kLongestOutput));
      return false;
    }
    out_ += text;
    return true;
  }

  // --- statements ---

  Flow walk(const Value& dot, const Block& block) {
    for (const auto& statement : block) {
      const auto flow = walk(dot, statement);
      if (flow != Flow::kNext) return flow;
    }
    return Flow::kNext;
  }

  Flow walk(const Value& dot, const Statement& statement) {
    const Descent descent(budget_);
    if (!enter(statement)) return Flow::kFailed;
    switch (statement.kind) {
      case Statement::Kind::kText:
        return write(statement.text) ? Flow::kNext : Flow::kFailed;
      case Statement::Kind::kAction:
        return walk_action(dot, statement);
      case Statement::Kind::kIf:
      case Statement::Kind::kWith:
        return walk_condition(dot, statement);
      case Statement::Kind::kRange:
        return walk_range(dot, statement);
      case Statement::Kind::kTemplate:
        return walk_template(dot, statement);
      case Statement::Kind::kBreak:
        return Flow::kBreak;
      case Statement::Kind::kContinue:
        return Flow::kContinue;
    }
    return Flow::kFailed;
  }

  Flow walk_action(const Value& dot, const Statement& statement) {
    const auto value = evaluate(dot, *statement.pipeline);
    if (!value) return Flow::kFailed;
    if (!statement.pipeline->variables.empty()) return Flow::kNext;
    place_ = &statement;
    const auto text = print_value(*value, kLongestOutput);
    if (!text) {
      fail(text.error());
      return Flow::kFailed;
    }
    budget_.spend_bytes(text->size());
    return write(*text) ? Flow::kNext : Flow::kFailed;
  }

  Flow walk_condition(const Value& dot, const Statement& statement) {
    const auto mark = variables_.size();
    const auto value = evaluate(dot, *statement.pipeline);
    if (!value) return Flow::kFailed;
    const bool with = statement.kind == Statement::Kind::kWith;
    const auto flow =
        value->truth() ? walk(with ? *value : dot, statement.body) : walk(dot, statement.otherwise);
    variables_.resize(mark);
    return flow;
  }

  // One round of a loop; false ends it, with `flow` saying how.
  bool walk_round(const Statement& statement, const Value& key, const Value& item, Flow& flow) {
    const auto& names = statement.pipeline->variables;
    const auto mark = variables_.size();
    if (statement.pipeline->assigns) {
      if (!names.empty()) assign(names[0], names.size() > 1 ? key : item);
      if (names.size() > 1) assign(names[1], item);
    } else if (!names.empty()) {
      // The pipeline has declared them with the value that is looped over.
      variables_[mark - 1].second = item;
      if (names.size() > 1) variables_[mark - 2].second = key;
    }
    flow = may_go_on() ? walk(item, statement.body) : Flow::kFailed;
    variables_.resize(mark);
    if (flow == Flow::kContinue) flow = Flow::kNext;
    return flow == Flow::kNext;
  }

  Flow walk_range(const Value& dot, const Statement& statement) {
    const auto mark = variables_.size();
    const auto value = evaluate(dot, *statement.pipeline);
    if (!value) return Flow::kFailed;
    Flow flow = Flow::kNext;
    if (const auto* list = value->as_list()) {
      std::int64_t index = 0;
      for (const auto& item : list->items) {
        if (!walk_round(statement, Value::integer(index++), item, flow)) break;
      }
    } else if (const auto* map = value->as_map()) {
      for (const auto& [key, item] : map->entries) {
        if (!walk_round(statement, Value::text(key), item, flow)) break;
      }
    } else if (!value->is_nil()) {
      const auto shown = sprint({&*value, 1}, 1000);
      fail("range can't iterate over " + shown.value_or(std::string(value->type_name())));
      return Flow::kFailed;
    }
    if (flow == Flow::kBreak) flow = Flow::kNext;
    // What cannot be empty has looped.
    if (flow == Flow::kNext && !value->truth()) flow = walk(dot, statement.otherwise);
    variables_.resize(mark);
    return flow;
  }

  Flow walk_template(const Value& dot, const Statement& statement) {
    const auto found = definitions_.find(statement.text);
    if (found == definitions_.end()) {
      fail(fmt::format("template {} not defined", quote(statement.text)));
      return Flow::kFailed;
    }
    Maybe argument = Value();
    if (statement.pipeline != nullptr) argument = evaluate(dot, *statement.pipeline);
    if (!argument) return Flow::kFailed;
    const auto place = place_;
    const auto name = name_;
    const auto* source = source_;
    enter(*found);
    auto variables = std::exchange(variables_, {{"$", *argument}});
    const auto flow = walk(*argument, found->second->block);
    if (flow == Flow::kFailed) return flow;
    variables_ = std::move(variables);
    name_ = name;
    source_ = source;
    place_ = place;
    return Flow::kNext;
  }

  // --- variables ---

  Value* find_variable(std::string_view name) {
    const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                    [&](const auto& variable) { return variable.first == name; });
    return found == variables_.rend() ? nullptr : &found->second;
  }

  bool assign(std::string_view name, const Value& value) {
    auto* variable = find_variable(name);
    if (variable == nullptr) {
      fail(fmt::format("undefined variable: {}", name));
      return false;
    }
    *variable = value;
    return true;
  }

  // --- pipelines ---

  Maybe evaluate(const Value& dot, const Pipeline& pipeline) {
    const Descent descent(budget_);
    if (!enter(pipeline)) return std::nullopt;
    Maybe value;
    for (const auto& command : pipeline.commands) {
      value = evaluate(dot, command, value);
      if (!value) return std::nullopt;
    }
    for (const auto& name : pipeline.variables) {
      if (pipeline.assigns) {
        if (!assign(name, *value)) return std::nullopt;
      } else {
        variables_.emplace_back(name, *value);
      }
    }
    return value;
  }

  // `last`: the result of the command before in the pipeline, which becomes the last argument.
  Maybe evaluate(const Value& dot, const Command& command, const Maybe& last) {
    const auto& first = command.operands[0];
    switch (first.kind) {
      case Operand::Kind::kField:
        if (!enter(first)) return std::nullopt;
        return field_of_dot(dot, first, &command, last);
      case Operand::Kind::kVariable:
        return evaluate_variable(dot, first, &command, last);
      case Operand::Kind::kChain:
        return evaluate_chain(dot, first, &command, last);
      case Operand::Kind::kFunction:
        if (!enter(first)) return std::nullopt;
        return call(dot, *first.function, nullptr, Place(&command), &command, last);
      default:
        break;
    }
    if (first.kind != Operand::Kind::kPipeline && !enter(first)) return std::nullopt;
    if (command.operands.size() > 1 || last) {
      return fail("can't give argument to non-function " +
                  (first.pipeline ? first.pipeline->source() : first.source()));
    }
    switch (first.kind) {
      case Operand::Kind::kDot:
        return dot;
      case Operand::Kind::kNil:
        return fail("nil is not a command");
      case Operand::Kind::kPipeline:
        return evaluate(dot, *first.pipeline);
      default:
        return first.literal;
    }
  }

  Maybe evaluate_variable(const Value& dot, const Operand& operand, const Command* command,
                          const Maybe& last) {
    if (!enter(operand)) return std::nullopt;
    const auto* variable = find_variable(operand.text);
    if (variable == nullptr) return fail("undefined variable: " + operand.text);
    auto value = *variable;
    if (operand.path.empty()) {
      if ((command != nullptr && command->operands.size() > 1) || last) {
        return fail("can't give argument to non-function " + operand.source());
      }
      return value;
    }
    return follow(dot, value, operand, command, last);
  }

  Maybe evaluate_chain(const Value& dot, const Operand& operand, const Command* command,
                       const Maybe& last) {
    if (!enter(operand)) return std::nullopt;
    const auto base = argument(dot, kAny, *operand.base);
    if (!base) return std::nullopt;
    return follow(dot, *base, operand, command, last);
  }

  // A template that was called with nothing has every field, without a value.
  Maybe field_of_dot(const Value& dot, const Operand& operand, const Command* command,
                     const Maybe& last) {
    if (dot.is_nil()) return Value();
    return follow(dot, dot, operand, command, last);
  }

  // The fields and methods after a dot. Only the last may have arguments.
  Maybe follow(const Value& dot, Value receiver, const Operand& operand, const Command* command,
               const Maybe& last) {
    for (std::size_t i = 0; i < operand.path.size(); ++i) {
      const bool ends = i + 1 == operand.path.size();
      auto next = field(dot, receiver, operand.path[i], operand, ends ? command : nullptr,
                        ends ? last : Maybe());
      if (!next) return std::nullopt;
      receiver = std::move(*next);
    }
    return receiver;
  }

  // Of lists and maps that have a type of their own.
  static const Function* named_method(const Value& receiver, std::string_view name) {
    const NamedType* type = nullptr;
    if (const auto* list = receiver.as_list()) type = list->named;
    if (const auto* map = receiver.as_map()) type = map->named;
    return type == nullptr || type->method == nullptr ? nullptr : type->method(name);
  }

  Maybe field(const Value& dot, const Value& receiver, const std::string& name,
              const Operand& operand, const Command* command, const Maybe& last) {
    const bool has_arguments = (command != nullptr && command->operands.size() > 1) || last;
    if (const auto* object = receiver.as_object()) {
      if (const auto* method = object->method(name)) {
        return call(dot, *method, &receiver, Place(&operand), command, last);
      }
      if (const auto* value = object->field(name)) {
        if (!has_arguments) return *value;
        return fail(name + " has arguments but cannot be invoked as function");
      }
    }
    if (const auto* method = named_method(receiver, name)) {
      return call(dot, *method, &receiver, Place(&operand), command, last);
    }
    if (const auto* map = receiver.as_map()) {
      if (has_arguments) return fail(name + " is not a method but has arguments");
      const auto found = map->entries.find(name);
      return found == map->entries.end() ? map->missing : found->second;
    }
    if (receiver.is_nil()) return fail(fmt::format("nil pointer evaluating {}.{}", kAny, name));
    return fail(fmt::format("can't evaluate field {} in type {}", name, type_or_nil(receiver)));
  }

  // --- calls ---

  // `receiver`: the object of a method, or null. `place` is where errors of the function itself
  // are.
  Maybe call(const Value& dot, const Function& function, const Value* receiver, Place place,
             const Command* command, const Maybe& last) {
    const std::size_t written = command == nullptr ? 0 : command->operands.size() - 1;
    const auto given = written + (last ? 1 : 0);
    const auto hidden = receiver == nullptr ? 0U : 1U;
    const auto named = function.parameters.size() - hidden;
    const auto least = function.variadic ? named - 1 : named;
    if (function.variadic ? given < least : given != named) {
      return fail(fmt::format("wrong number of args for {}: want {}{} got {}", function.name,
                              function.variadic ? "at least " : "", least,
                              function.variadic ? written : given));
    }
    std::vector<Value> values;
    if (receiver != nullptr) values.push_back(*receiver);
    const auto type = [&](std::size_t i) {
      return function.parameters[std::min(i + hidden, function.parameters.size() - 1)];
    };
    for (std::size_t i = 0; i < written; ++i) {
      auto value = argument(dot, type(i), command->operands[i + 1]);
      if (!value) return std::nullopt;
      if (function.short_circuit && value->truth() == *function.short_circuit) return value;
      values.push_back(std::move(*value));
    }
    if (last) {
      auto value = checked(*last, type(written));
      if (!value) return std::nullopt;
      values.push_back(std::move(*value));
    }
    return finish_call(function, values, place);
  }

  Maybe finish_call(const Function& function, const std::vector<Value>& values, Place place) {
    std::size_t size = 0;
    for (const auto& value : values) size += text_size(value);
    budget_.spend_bytes(size);
    if (!may_go_on()) return std::nullopt;
    auto result = function.call(call_, values);
    if (!result) {
      place_ = place;
      return fail(fmt::format("error calling {}: {}", function.name, result.error()));
    }
    if (text_size(*result) > kLongestOutput || result->depth() > kDeepestValue) {
      return fail(fmt::format("error calling {}: the result is too large", function.name));
    }
    budget_.spend_bytes(text_size(*result));
    return std::move(*result);
  }

  // A value that a part of the template gives to a parameter of that type.
  Maybe checked(const Value& value, std::string_view type) {
    if (value.is_nil()) {
      if (may_be_nil(type)) return value;
      return fail(fmt::format("invalid value; expected {}", type));
    }
    if (fits(value, type)) return value;
    return fail(fmt::format("wrong type for value; expected {}; got {}", type, value.type_name()));
  }

  Maybe argument(const Value& dot, std::string_view type, const Operand& operand) {
    Maybe value;
    switch (operand.kind) {
      case Operand::Kind::kPipeline:
        place_ = operand.pipeline.get();
        value = evaluate(dot, *operand.pipeline);
        break;
      case Operand::Kind::kVariable:
        value = evaluate_variable(dot, operand, nullptr, {});
        break;
      case Operand::Kind::kChain:
        value = evaluate_chain(dot, operand, nullptr, {});
        break;
      default:
        if (!enter(operand)) return std::nullopt;
        if (operand.kind == Operand::Kind::kDot) {
          value = dot;
        } else if (operand.kind == Operand::Kind::kField) {
          value = field_of_dot(dot, operand, nullptr, {});
        } else if (operand.kind == Operand::Kind::kFunction) {
          value = call(dot, *operand.function, nullptr, Place(&operand), nullptr, {});
        } else {
          return literal(type, operand);
        }
    }
    if (!value) return std::nullopt;
    return checked(*value, type);
  }

  // Literals take the type that is wanted, if they can.
  Maybe literal(std::string_view type, const Operand& operand) {
    using Kind = Operand::Kind;
    if (operand.kind == Kind::kNil) {
      if (may_be_nil(type)) return Value();
      return fail(fmt::format("cannot assign nil to {}", type));
    }
    if (type == kAny) return operand.literal;
    const bool is_number = operand.kind == Kind::kNumber;
    if (type == "float64" && is_number) return Value::number(operand.number);
    if ((type == "int" || type == "time.Duration") && operand.whole) {
      return Value::integer(*operand.whole);
    }
    if ((type == "string" && operand.kind == Kind::kString) ||
        (type == "bool" && operand.kind == Kind::kBoolean)) {
      return operand.literal;
    }
    if (type == "string" || type == "bool" || type == "float64" || type == "int") {
      const auto wanted = type == "float64" ? "float" : type == "int" ? "integer" : type;
      return fail(fmt::format("expected {}; found {}", wanted, operand.source()));
    }
    return fail(fmt::format("can't handle {} for arg of type {}", operand.source(), type));
  }

  const Definitions& definitions_;
  Budget budget_;
  std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> patterns_;
  Call call_;
  std::string_view name_;  // of the definition that is being executed
  const Source* source_ = nullptr;
  Place place_ = static_cast<const Statement*>(nullptr);
  std::vector<std::pair<std::string_view, Value>> variables_;
  std::string out_;
  std::string error_;
};

}  // namespace

std::expected<std::string, std::string> run(const Definitions& definitions, std::string_view name,
                                            const Value& data, const Environment& environment) {
  return Executor(definitions, environment).run(std::string(name), data);
}

}  // namespace hitwatch::templates
