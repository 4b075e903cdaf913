// A parsed template (text/template's grammar).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/templates/value.h"

namespace hitwatch::templates {

struct Pipeline;
struct Function;

// What a command is made of.
struct Operand {
  enum class Kind : std::uint8_t {
    kDot,
    kNil,
    kBoolean,
    kNumber,
    kString,
    kField,     // .a.b
    kVariable,  // $a.b
    kFunction,
    kChain,     // (pipeline).a.b or function.a.b
    kPipeline,  // (pipeline)
  };
  Kind kind = Kind::kDot;
  std::size_t position = 0;
  std::string text;               // as written; names for kVariable and kFunction
  std::vector<std::string> path;  // kField, kVariable, kChain: the names after the dots
  Value literal;                  // kBoolean, kNumber, kString
  // A number that is a whole one may be passed on as either kind, whatever it looks like.
  std::optional<std::int64_t> whole;
  double number = 0;
  const Function* function = nullptr;  // kFunction
  std::unique_ptr<Operand> base;       // kChain
  std::unique_ptr<Pipeline> pipeline;  // kPipeline

  // Normalised source text, for error messages.
  std::string source() const;
};

struct Command {
  std::size_t position = 0;
  std::vector<Operand> operands;  // at least one

  std::string source() const;
};

struct Pipeline {
  std::size_t position = 0;
  bool assigns = false;                // = rather than :=
  std::vector<std::string> variables;  // with the dollar sign
  std::vector<Command> commands;       // at least one

  std::string source() const;
};

struct Statement;
using Block = std::vector<Statement>;

struct Statement {
  enum class Kind : std::uint8_t {
    kText,
    kAction,
    kIf,
    kWith,
    kRange,
    kTemplate,
    kBreak,
    kContinue,
  };
  Kind kind = Kind::kText;
  std::size_t position = 0;
  std::string text;                    // kText; the name of kTemplate
  std::unique_ptr<Pipeline> pipeline;  // null for kTemplate without an argument
  Block body;
  Block otherwise;

  // The action alone, without what it encloses.
  std::string source() const;
};

// The templates of a text by name: the text itself and its definitions.
using Blocks = std::map<std::string, Block, std::less<>>;

// Nothing but spaces: such a definition does not replace another.
bool is_blank(const Block& block);

// A text that was parsed. Positions in messages are those in it.
struct Source {
  std::string name;
  std::string text;
};
struct Definition {
  Block block;
  std::shared_ptr<const Source> source;
};
// Templates by name, from any number of texts.
using Definitions = std::map<std::string, std::shared_ptr<const Definition>, std::less<>>;

}  // namespace hitwatch::templates
