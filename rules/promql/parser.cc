#include "rules/promql/parser.h"

#include <fmt/format.h>

#include <utility>

#include "rules/promql/grammar.h"
#include "rules/promql/type_check.h"

namespace hitwatch::promql {

namespace {

std::expected<void, ParseError> check_size(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return {};
  return std::unexpected(
      ParseError{.at = {},
                 .text = fmt::format("expression is too long: {} bytes, at most {} are allowed",
                                     text.size(), limit)});
}

}  // namespace

std::expected<ExprPtr, ParseError> parse(std::string_view text, ParseLimits limits) {
  if (const auto fits = check_size(text, limits.text); !fits) {
    return std::unexpected(fits.error());
  }
  auto expr = Grammar(text, limits.height).whole_expression();
  if (!expr) return expr;
  if (const auto checked = check_types(**expr); !checked) return std::unexpected(checked.error());
  return expr;
}

std::expected<std::vector<window::Matcher>, ParseError> parse_selector(std::string_view text) {
  if (const auto fits = check_size(text, ParseLimits{}.text); !fits) {
    return std::unexpected(fits.error());
  }
  return Grammar(text, ParseLimits{}.height).whole_selector();
}

}  // namespace hitwatch::promql
