// The parser's insides: recursive descent with one token of lookahead.
//
// Each function reads one rule of the grammar from the current token on. Errors are told as the
// generated parser of Prometheus tells them: when a token fits nowhere, the innermost rule that is
// being read and has words of its own for that speaks (`… in aggregation`).
//
// Nesting is counted on the way down and the tree's height on the way up, so that neither parsing
// nor whoever walks or destroys the tree goes deeper than the limit.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/promql/ast.h"
#include "rules/promql/lexer.h"
#include "rules/promql/parser.h"

namespace hitwatch::promql {

class Grammar {
 public:
  template <class T>
  using Result = std::expected<T, ParseError>;
  using Status = Result<void>;

  // `text` must be shorter than 4 GiB.
  Grammar(std::string_view text, std::size_t height);

  Result<ExprPtr> whole_expression();
  Result<std::vector<window::Matcher>> whole_selector();

 private:
  // grammar.cc
  Result<ExprPtr> expression(int least_precedence);
  Result<ExprPtr> unary();
  Result<ExprPtr> postfixed();
  Result<ExprPtr> primary();
  Result<ExprPtr> word();
  Result<ExprPtr> parenthesized();
  Result<ExprPtr> number();
  Result<ExprPtr> string();
  Result<ExprPtr> binary(ExprPtr left, int precedence);

  // grammar_call.cc
  Result<ExprPtr> call(const Token& name);
  Result<ExprPtr> aggregation(const Token& op);
  bool is_aggregation() const;  // behind the name of one
  Result<std::vector<ExprPtr>> arguments();
  Status grouping(Aggregate& node);
  Result<ExprPtr> aggregate(const Token& op, Aggregate node, std::vector<ExprPtr> given);

  // grammar_matching.cc
  Status binary_modifiers(Binary& node);
  Status fills(Matching& matching);
  Result<double> fill_value();
  Result<std::vector<std::string>> labels();
  Result<std::string> label();

  // grammar_selector.cc
  Result<ExprPtr> selector(const Token* name);
  // The name that is given within the braces, by a text alone.
  using InnerName = std::optional<std::string>;
  Result<InnerName> matchers(VectorSelector& node);
  Status matcher(VectorSelector& node, InnerName& name);

  // grammar_range.cc
  Result<ExprPtr> range(ExprPtr expr);
  Result<ExprPtr> range_selector(ExprPtr expr, const Token& bracket, Duration range);
  Result<ExprPtr> subquery(ExprPtr expr, Duration range);
  Result<ExprPtr> offset(ExprPtr expr);
  Result<ExprPtr> at(ExprPtr expr);

  // grammar_duration.cc; `context` and `expected` are for unexpected tokens.
  struct Wanted {
    std::string_view context;
    std::string_view expected;
  };
  Result<Duration> positive_duration(Wanted wanted);
  Result<Duration> offset_duration(Wanted wanted);
  Result<ExprPtr> duration_expression(int least_precedence, Wanted wanted);
  Result<ExprPtr> duration_operand(Wanted wanted);
  Result<ExprPtr> duration_primary(Wanted wanted);
  Result<ExprPtr> duration_call(Wanted wanted);
  Result<ExprPtr> duration_parenthesized(Wanted wanted);

  // A number or duration, which must be the current token.
  Result<NumberLiteral> literal();
  bool is_literal() const { return is(TokenKind::kNumber) || is(TokenKind::kDuration); }
  // The text of a string, which must be the current token.
  std::string take_string();

  Result<ExprPtr> make(Expr::Node node, ValueType type, Span at, Span head = {});
  // `sign` before an operand; a number takes it up.
  Result<ExprPtr> with_sign(const Token& sign, ExprPtr operand);

  bool is(TokenKind kind) const { return token_.kind == kind; }
  bool is_sign() const;  // + or -
  bool accept(TokenKind kind);
  Token take();
  void advance();
  bool comes_next(TokenKind kind) const;  // behind the current token
  Span since(Span begin) const;           // up to the end of the token that was taken last

  std::unexpected<ParseError> unexpected() const;
  std::unexpected<ParseError> unexpected_in(std::string_view context,
                                            std::string_view expected) const;
  static std::unexpected<ParseError> fault(Span at, std::string text);
  std::unexpected<ParseError> too_deep(Span at) const;

  // Counts nesting.
  class Nesting {
   public:
    explicit Nesting(Grammar& grammar) : depth_(grammar.depth_) { ++depth_; }
    ~Nesting() { --depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    std::size_t& depth_;
  };
  bool is_too_deep() const { return depth_ > height_; }

  std::size_t height_;
  Lexer lexer_;
  Token token_;
  Span taken_;
  std::size_t depth_ = 0;
  std::size_t aggregations_ = 0;  // being read
};

// The lowest precedence is 1. Those of other tokens is 0.
int precedence_of(const Token& token);
constexpr int kMulPrecedence = 5;
constexpr int kPowPrecedence = 6;

}  // namespace hitwatch::promql
