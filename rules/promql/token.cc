#include "rules/promql/token.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "rules/promql/utf8.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {

namespace {

struct Keyword {
  std::string_view text;
  TokenKind kind;
  BinaryOp binary = BinaryOp::kAdd;
  AggregateOp aggregate = AggregateOp::kSum;
};

constexpr Keyword operator_word(std::string_view text, BinaryOp op) {
  return {.text = text, .kind = TokenKind::kBinary, .binary = op};
}
constexpr Keyword aggregator(std::string_view text, AggregateOp op) {
  return {.text = text, .kind = TokenKind::kAggregator, .aggregate = op};
}

constexpr Keyword kKeywords[] = {
    operator_word("and", BinaryOp::kAnd),
    operator_word("or", BinaryOp::kOr),
    operator_word("unless", BinaryOp::kUnless),
    operator_word("atan2", BinaryOp::kAtan2),
    aggregator("sum", AggregateOp::kSum),
    aggregator("avg", AggregateOp::kAvg),
    aggregator("count", AggregateOp::kCount),
    aggregator("min", AggregateOp::kMin),
    aggregator("max", AggregateOp::kMax),
    aggregator("group", AggregateOp::kGroup),
    aggregator("stddev", AggregateOp::kStddev),
    aggregator("stdvar", AggregateOp::kStdvar),
    aggregator("topk", AggregateOp::kTopk),
    aggregator("bottomk", AggregateOp::kBottomk),
    aggregator("count_values", AggregateOp::kCountValues),
    aggregator("quantile", AggregateOp::kQuantile),
    aggregator("limitk", AggregateOp::kLimitk),
    aggregator("limit_ratio", AggregateOp::kLimitRatio),
    {.text = "bool", .kind = TokenKind::kBool},
    {.text = "by", .kind = TokenKind::kBy},
    {.text = "without", .kind = TokenKind::kWithout},
    {.text = "on", .kind = TokenKind::kOn},
    {.text = "ignoring", .kind = TokenKind::kIgnoring},
    {.text = "group_left", .kind = TokenKind::kGroupLeft},
    {.text = "group_right", .kind = TokenKind::kGroupRight},
    {.text = "offset", .kind = TokenKind::kOffset},
    {.text = "fill", .kind = TokenKind::kFill},
    {.text = "fill_left", .kind = TokenKind::kFillLeft},
    {.text = "fill_right", .kind = TokenKind::kFillRight},
    {.text = "anchored", .kind = TokenKind::kAnchored},
    {.text = "smoothed", .kind = TokenKind::kSmoothed},
    {.text = "start", .kind = TokenKind::kStart},
    {.text = "end", .kind = TokenKind::kStop},
    {.text = "step", .kind = TokenKind::kStep},
    {.text = "range", .kind = TokenKind::kRange},
    {.text = "min_of", .kind = TokenKind::kMinOf},
    {.text = "max_of", .kind = TokenKind::kMaxOf},
    {.text = "inf", .kind = TokenKind::kNumber},
    {.text = "nan", .kind = TokenKind::kNumber},
};

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool equal_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, lower);
}

// What stands between the name of an error's token and its quotes.
std::string_view kind_text(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier:
      return "identifier ";
    case TokenKind::kMetricIdentifier:
      return "metric identifier ";
    case TokenKind::kString:
      return "string ";
    case TokenKind::kNumber:
      return "number ";
    case TokenKind::kDuration:
      return "duration ";
    default:
      return "";
  }
}

std::string_view first_runes(std::string_view text, std::size_t count) {
  std::size_t bytes = 0;
  while (count-- > 0 && bytes < text.size()) bytes += decode_rune(text.substr(bytes)).size;
  return text.substr(0, bytes);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

}  // namespace

void classify_word(Token& token) {
  const auto* keyword = std::ranges::find_if(kKeywords, [&](const Keyword& candidate) {
    return equal_ignoring_case(token.text, candidate.text);
  });
  if (keyword != std::end(kKeywords)) {
    token.kind = keyword->kind;
    token.binary = keyword->binary;
    token.aggregate = keyword->aggregate;
    return;
  }
  token.kind = token.text.find(':') == std::string_view::npos ? TokenKind::kIdentifier
                                                              : TokenKind::kMetricIdentifier;
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "end of input";
    case TokenKind::kError:
      return token.error;
    case TokenKind::kMatches:
    case TokenKind::kDoesNotMatch:
    case TokenKind::kBinary:
    case TokenKind::kAt:
      return fmt::format("<op:{}>", lower_case(token.text));
    case TokenKind::kAggregator:
      return fmt::format("<aggr:{}>", token.text);
    case TokenKind::kBool:
    case TokenKind::kBy:
    case TokenKind::kWithout:
    case TokenKind::kOn:
    case TokenKind::kIgnoring:
    case TokenKind::kGroupLeft:
    case TokenKind::kGroupRight:
    case TokenKind::kOffset:
    case TokenKind::kFill:
    case TokenKind::kFillLeft:
    case TokenKind::kFillRight:
    case TokenKind::kAnchored:
    case TokenKind::kSmoothed:
      return fmt::format("<{}>", token.text);
    case TokenKind::kIdentifier:
    case TokenKind::kMetricIdentifier:
      return fmt::format("{}{}", kind_text(token.kind), window::quoted(token.text));
    default:
      break;
  }
  constexpr std::size_t kShown = 10;
  const std::string_view shown = first_runes(token.text, kShown);
  return fmt::format("{}{}{}", kind_text(token.kind), window::quoted(shown),
                     token.text.size() > kShown ? "..." : "");
}

bool may_name_metric(const Token& token) {
  switch (token.kind) {
    case TokenKind::kIdentifier:
    case TokenKind::kMetricIdentifier:
    case TokenKind::kAggregator:
    case TokenKind::kBy:
    case TokenKind::kWithout:
    case TokenKind::kOffset:
    case TokenKind::kFill:
    case TokenKind::kFillLeft:
    case TokenKind::kFillRight:
    case TokenKind::kAnchored:
    case TokenKind::kSmoothed:
    case TokenKind::kStart:
    case TokenKind::kStop:
    case TokenKind::kStep:
    case TokenKind::kRange:
    case TokenKind::kMinOf:
    case TokenKind::kMaxOf:
      return true;
    case TokenKind::kBinary:
      return is_set_operator(token.binary);
    default:
      return false;
  }
}

bool may_name_label(const Token& token) {
  switch (token.kind) {
    case TokenKind::kBool:
    case TokenKind::kOn:
    case TokenKind::kIgnoring:
    case TokenKind::kGroupLeft:
    case TokenKind::kGroupRight:
      return true;
    case TokenKind::kBinary:
      return token.binary == BinaryOp::kAtan2 || is_set_operator(token.binary);
    default:
      return may_name_metric(token);
  }
}

}  // namespace hitwatch::promql
