// A recursive descent over the tokens. Every function that reads a part returns false after the
// first error, which `error_` then holds.
#include "rules/templates/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "rules/templates/limits.h"
#include "rules/templates/literal.h"
#include "rules/templates/token.h"
#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

using enum TokenKind;

// As messages show a token.
std::string described(const Token& token) {
  if (token.kind == kEnd) return "EOF";
  if (token.kind >= kBlock) return fmt::format("<{}>", token.text);
  if (token.text.size() <= 10) return quote(token.text);
  std::size_t size = 0;
  for (int i = 0; i < 10 && size < token.text.size(); ++i) {
    size += first_rune(token.text.substr(size)).size;
  }
  return quote(token.text.substr(0, size)) + "...";
}

// What ended a block.
enum class Ending : std::uint8_t { kEnd, kElse };

class Parser {
 public:
  Parser(std::string_view name, std::string_view source, const FunctionTable& functions)
      : name_(name), source_(source), functions_(functions), lexed_(tokenize(source)) {}

  std::expected<Blocks, ParseError> run() {
    Block top;
    if (!read_top(top) || !define(name_, std::move(top))) return std::unexpected(std::move(error_));
    return std::move(definitions_);
  }

 private:
  // --- tokens ---

  const Token& at(std::size_t index) {
    index = std::min(index, lexed_.tokens.size() - 1);
    furthest_ = std::max(furthest_, index);
    return lexed_.tokens[index];
  }
  const Token& next() { return at(next_++); }
  const Token& peek() { return at(next_); }
  const Token& next_word() {
    while (peek().kind == kSpace) ++next_;
    return next();
  }
  const Token& peek_word() {
    while (peek().kind == kSpace) ++next_;
    return peek();
  }

  bool fail(std::string text) {
    return fail_at(lexed_.tokens[furthest_].position, std::move(text));
  }
  bool fail_at(std::size_t position, std::string text) {
    const auto before = source_.substr(0, position);
    const auto line_start = before.rfind('\n');
    error_.line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    error_.column =
        1 + static_cast<int>(line_start == std::string_view::npos ? position
                                                                  : position - line_start - 1);
    error_.text = std::move(text);
    return false;
  }
  bool unexpected(const Token& token, std::string_view context) {
    if (token.kind == kError) return fail(lexed_.error);
    return fail(fmt::format("unexpected {} in {}", described(token), context));
  }
  bool expect(TokenKind kind, std::string_view context) {
    const auto& token = next_word();
    return token.kind == kind || unexpected(token, context);
  }

  // --- blocks ---

  // Counts what lies within each other, for as long as it lives.
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    bool fits() const {
      return parser_.depth_ <= kDeepestSyntax ||
             parser_.fail(fmt::format("more than {} levels of nesting", kDeepestSyntax));
    }

   private:
    Parser& parser_;
  };

  // Of two definitions one must be blank.
  bool define(std::string_view name, Block block) {
    const auto found = definitions_.find(name);
    if (found == definitions_.end()) {
      definitions_.emplace(name, std::move(block));
    } else if (is_blank(found->second)) {
      found->second = std::move(block);
    } else if (!is_blank(block)) {
      return fail(fmt::format("template: multiple definition of template {}", quote(name)));
    }
    return true;
  }

  bool read_top(Block& out) {
    while (peek().kind != kEnd) {
      const auto start = next_;
      if (next().kind == kLeftDelimiter && peek_word().kind == kDefine) {
        next();
        if (!read_definition()) return false;
        continue;
      }
      next_ = start;
      std::optional<Ending> ending;
      if (!read_statement(out, ending)) return false;
      if (ending)
        return fail(*ending == Ending::kEnd ? "unexpected {{end}}" : "unexpected {{else}}");
    }
    return true;
  }

  bool read_definition() {
    std::string name;
    if (!read_template_name("define clause", name)) return false;
    if (!expect(kRightDelimiter, "define clause")) return false;
    return read_named_block(std::move(name), "define clause");
  }

  // A block that has variables and loops of its own.
  bool read_named_block(std::string name, std::string_view context) {
    const auto variables = std::exchange(variables_, {"$"});
    const auto ranges = std::exchange(ranges_, 0);
    Block block;
    Ending ending{};
    if (!read_block(block, ending)) return false;
    if (ending == Ending::kElse) return fail(fmt::format("unexpected {{{{else}}}} in {}", context));
    variables_ = variables;
    ranges_ = ranges;
    return define(name, std::move(block));
  }

  bool read_template_name(std::string_view context, std::string& out) {
    const auto& token = next_word();
    if (token.kind != kString && token.kind != kRawString) return unexpected(token, context);
    auto name = read_string(token.text);
    if (!name) return fail(name.error());
    out = std::move(*name);
    return true;
  }

  // Up to {{end}} or {{else}}, of which the keyword is read.
  bool read_block(Block& out, Ending& ending) {
    const Nesting nesting(*this);
    if (!nesting.fits()) return false;
    while (peek_word().kind != kEnd) {
      std::optional<Ending> found;
      if (!read_statement(out, found)) return false;
      if (found) {
        ending = *found;
        return true;
      }
    }
    return fail("unexpected EOF");
  }

  // Appends to `out`, or says what ends the block.
  bool read_statement(Block& out, std::optional<Ending>& ending) {
    const auto& token = next_word();
    if (token.kind == kText) {
      auto& statement = out.emplace_back();
      statement.position = token.position;
      statement.text = token.text;
      return true;
    }
    if (token.kind != kLeftDelimiter) return unexpected(token, "input");
    const auto& first = peek_word();
    const auto position = first.position;
    Statement statement;
    statement.kind = Statement::Kind::kAction;
    statement.position = position;
    bool good = false;
    switch (first.kind) {
      case kEndKeyword:
        next();
        ending = Ending::kEnd;
        return expect(kRightDelimiter, "end");
      case kElse:
        next();
        ending = Ending::kElse;
        if (peek_word().kind == kIf || peek_word().kind == kWith) return true;
        return expect(kRightDelimiter, "else");
      case kIf:
        next();
        good = read_control(statement, Statement::Kind::kIf, "if");
        break;
      case kWith:
        next();
        good = read_control(statement, Statement::Kind::kWith, "with");
        break;
      case kRange:
        next();
        good = read_control(statement, Statement::Kind::kRange, "range");
        break;
      case kTemplate:
        next();
        good = read_template(statement);
        break;
      case kBlock:
        next();
        good = read_block_clause(statement);
        break;
      case kBreak:
      case kContinue:
        next();
        good = read_jump(statement, first);
        break;
      default:
        statement.pipeline = std::make_unique<Pipeline>();
        good = read_pipeline(*statement.pipeline, "command", kRightDelimiter);
    }
    if (good) out.push_back(std::move(statement));
    return good;
  }

  bool read_jump(Statement& out, const Token& keyword) {
    const auto clause = fmt::format("{{{{{}}}}}", keyword.text);
    out.kind = keyword.kind == kBreak ? Statement::Kind::kBreak : Statement::Kind::kContinue;
    const auto& token = next_word();
    if (token.kind != kRightDelimiter) return unexpected(token, clause);
    return ranges_ > 0 || fail(clause + " outside {{range}}");
  }

  bool read_control(Statement& out, Statement::Kind kind, std::string_view context) {
    const auto variables = variables_.size();
    out.kind = kind;
    out.pipeline = std::make_unique<Pipeline>();
    if (!read_pipeline(*out.pipeline, context, kRightDelimiter)) return false;
    const bool loops = kind == Statement::Kind::kRange;
    ranges_ += loops ? 1 : 0;
    Ending ending{};
    if (!read_block(out.body, ending)) return false;
    ranges_ -= loops ? 1 : 0;
    if (ending == Ending::kElse && !read_else(out, kind)) return false;
    variables_.resize(variables);
    return true;
  }

  // What follows the keyword `else`. The {{end}} of an `else if` is that of the whole.
  bool read_else(Statement& out, Statement::Kind kind) {
    const auto& token = peek();
    if (token.kind == kIf || token.kind == kWith) {
      const auto same = token.kind == kIf ? Statement::Kind::kIf : Statement::Kind::kWith;
      if (kind != same) return unexpected(token, "else");
      const Nesting nesting(*this);
      if (!nesting.fits()) return false;
      next();
      auto& chained = out.otherwise.emplace_back();
      chained.position = peek_word().position;
      return read_control(chained, kind, kind == Statement::Kind::kIf ? "if" : "with");
    }
    Ending ending{};
    if (!read_block(out.otherwise, ending)) return false;
    return ending == Ending::kEnd || fail("expected end; found {{else}}");
  }

  bool read_template(Statement& out) {
    out.kind = Statement::Kind::kTemplate;
    out.position = peek_word().position;
    if (!read_template_name("template clause", out.text)) return false;
    if (peek_word().kind == kRightDelimiter) {
      next();
      return true;
    }
    out.pipeline = std::make_unique<Pipeline>();
    return read_pipeline(*out.pipeline, "template clause", kRightDelimiter);
  }

  bool read_block_clause(Statement& out) {
    out.kind = Statement::Kind::kTemplate;
    out.position = peek_word().position;
    if (!read_template_name("block clause", out.text)) return false;
    out.pipeline = std::make_unique<Pipeline>();
    if (!read_pipeline(*out.pipeline, "block clause", kRightDelimiter)) return false;
    return read_named_block(out.text, "block clause");
  }

  // --- pipelines ---

  bool read_pipeline(Pipeline& out, std::string_view context, TokenKind end) {
    const Nesting nesting(*this);
    if (!nesting.fits()) return false;
    out.position = peek_word().position;
    if (!read_declarations(out, context)) return false;
    while (peek_word().kind != end) {
      if (!read_command(out, context)) return false;
    }
    next();
    if (out.commands.empty()) return fail(fmt::format("missing value for {}", context));
    for (std::size_t i = 1; i < out.commands.size(); ++i) {
      switch (out.commands[i].operands[0].kind) {
        case Operand::Kind::kBoolean:
        case Operand::Kind::kDot:
        case Operand::Kind::kNil:
        case Operand::Kind::kNumber:
        case Operand::Kind::kString:
          return fail(fmt::format("non executable command in pipeline stage {}", i + 1));
        default:
          break;
      }
    }
    return true;
  }

  // `$x :=`, `$x =`, and `$k, $v :=` of a range. A variable without one of these is an operand.
  bool read_declarations(Pipeline& out, std::string_view context) {
    while (peek_word().kind == kVariable) {
      const auto start = next_;
      const std::string name(next().text);
      const auto& after = peek_word();
      if (after.kind == kAssign || after.kind == kDeclare) {
        out.assigns = after.kind == kAssign;
        next();
        out.variables.push_back(name);
        variables_.push_back(name);
        return true;
      }
      if (after.kind != kCharacter || after.text != ",") {
        next_ = start;
        return true;
      }
      next();
      out.variables.push_back(name);
      variables_.push_back(name);
      if (context != "range" || out.variables.size() > 1) {
        return fail(fmt::format("too many declarations in {}", context));
      }
      const auto kind = peek_word().kind;
      if (kind != kVariable && kind != kRightDelimiter && kind != kRightParenthesis) {
        return fail("range can only initialize variables");
      }
    }
    return true;
  }

  bool read_command(Pipeline& pipeline, std::string_view context) {
    Command command;
    command.position = peek_word().position;
    if (!starts_operand(peek().kind)) return unexpected(next(), context);
    while (true) {
      if (starts_operand(peek_word().kind) && !read_operand(command.operands.emplace_back())) {
        return false;
      }
      const auto& token = next();
      if (token.kind == kSpace) continue;
      if (token.kind == kRightDelimiter || token.kind == kRightParenthesis) {
        --next_;
      } else if (token.kind != kPipe) {
        return unexpected(token, "operand");
      }
      break;
    }
    pipeline.commands.push_back(std::move(command));
    return true;
  }

  static bool starts_operand(TokenKind kind) {
    switch (kind) {
      case kBoolean:
      case kCharacterConstant:
      case kDot:
      case kField:
      case kIdentifier:
      case kNumber:
      case kNil:
      case kRawString:
      case kString:
      case kVariable:
      case kLeftParenthesis:
        return true;
      default:
        return false;
    }
  }

  // A term and the fields that follow it.
  bool read_operand(Operand& out) {
    if (!read_term(out)) return false;
    if (peek().kind != kField) return true;
    switch (out.kind) {
      case Operand::Kind::kBoolean:
      case Operand::Kind::kString:
      case Operand::Kind::kNumber:
      case Operand::Kind::kNil:
      case Operand::Kind::kDot:
        return fail(fmt::format("unexpected . after term {}", quote(out.text)));
      default:
        break;
    }
    const auto position = peek().position;
    if (out.kind != Operand::Kind::kField && out.kind != Operand::Kind::kVariable) {
      auto base = std::make_unique<Operand>(std::move(out));
      out = Operand{};
      out.kind = Operand::Kind::kChain;
      out.base = std::move(base);
    }
    out.position = position;
    while (peek().kind == kField) out.path.emplace_back(next().text.substr(1));
    return true;
  }

  bool read_term(Operand& out) {
    const auto token = next();
    out.position = token.position;
    out.text = token.text;
    switch (token.kind) {
      case kDot:
        return true;
      case kNil:
        out.kind = Operand::Kind::kNil;
        return true;
      case kBoolean:
        out.kind = Operand::Kind::kBoolean;
        out.literal = Value::boolean(token.text == "true");
        return true;
      case kField:
        out.kind = Operand::Kind::kField;
        out.path.emplace_back(token.text.substr(1));
        out.text.clear();
        return true;
      case kVariable:
        out.kind = Operand::Kind::kVariable;
        return std::find(variables_.begin(), variables_.end(), token.text) != variables_.end() ||
               fail_at(token.position, fmt::format("undefined variable {}", quote(token.text)));
      case kIdentifier:
        out.kind = Operand::Kind::kFunction;
        out.function = functions_.find(token.text);
        return out.function != nullptr ||
               fail_at(token.position, fmt::format("function {} not defined", quote(token.text)));
      case kLeftParenthesis:
        out.kind = Operand::Kind::kPipeline;
        out.pipeline = std::make_unique<Pipeline>();
        return read_pipeline(*out.pipeline, "parenthesized pipeline", kRightParenthesis);
      default:
        return read_literal(token, out);
    }
  }

  bool read_literal(const Token& token, Operand& out) {
    if (token.kind == kString || token.kind == kRawString) {
      auto text = read_string(token.text);
      if (!text) return fail_at(token.position, text.error());
      out.kind = Operand::Kind::kString;
      out.literal = Value::text(std::move(*text));
      return true;
    }
    auto number = token.kind == kNumber ? read_number(token.text) : read_character(token.text);
    if (!number) return fail_at(token.position, number.error());
    out.kind = Operand::Kind::kNumber;
    out.literal = number->value;
    out.whole = number->whole;
    out.number = number->number;
    return true;
  }

  std::string_view name_;
  std::string_view source_;
  const FunctionTable& functions_;
  Tokens lexed_;
  std::size_t next_ = 0;
  std::size_t furthest_ = 0;  // the last token looked at, which errors point at
  int depth_ = 0;
  int ranges_ = 0;
  std::vector<std::string> variables_ = {"$"};
  Blocks definitions_;
  ParseError error_{};
};

}  // namespace

std::expected<Blocks, ParseError> parse(std::string_view name, std::string_view source,
                                        const FunctionTable& functions) {
  if (source.size() > kLongestTemplate) {
    return std::unexpected(
        ParseError{1, 1, fmt::format("the template is longer than {} bytes", kLongestTemplate)});
  }
  return Parser(name, source, functions).run();
}

}  // namespace hitwatch::templates
