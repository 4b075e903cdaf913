// What the tree says beyond its printed form.
#include "rules/promql/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "rules/promql/functions.h"

namespace hitwatch::promql {
namespace {

template <class Node>
const Node& as(const Expr& expr) {
  return std::get<Node>(expr.node);
}

ExprPtr tree(std::string_view text) {
  auto expr = parse(text);
  return expr ? std::move(*expr) : nullptr;
}

std::string_view part(std::string_view text, Span span) {
  return text.substr(span.begin, span.end - span.begin);
}

TEST(Parser, SpansCoverWhatWasWritten) {
  constexpr std::string_view kText = "1 + sum by (a) (rate(up{b=\"c\"}[5m] offset 1m)) ";
  const ExprPtr expr = tree(kText);
  ASSERT_TRUE(expr);
  const auto& sum = *as<Binary>(*expr).right;
  const auto& rate = *as<Aggregate>(sum).expr;
  const auto& matrix = *as<Call>(rate).arguments[0];
  EXPECT_EQ(part(kText, expr->head), "+");
  EXPECT_EQ(part(kText, expr->at), kText.substr(0, kText.size() - 1));
  EXPECT_EQ(part(kText, sum.head), "sum");
  EXPECT_EQ(part(kText, sum.at), "sum by (a) (rate(up{b=\"c\"}[5m] offset 1m))");
  EXPECT_EQ(part(kText, rate.head), "rate");
  EXPECT_EQ(part(kText, matrix.at), "up{b=\"c\"}[5m] offset 1m");
  EXPECT_EQ(part(kText, as<MatrixSelector>(matrix).vector->at), "up{b=\"c\"}");
}

TEST(Parser, TypesAreThoseOfTheValues) {
  EXPECT_EQ(tree("1 + 1")->type, ValueType::kScalar);
  EXPECT_EQ(tree("1 + up")->type, ValueType::kVector);
  EXPECT_EQ(tree("-(1)")->type, ValueType::kScalar);
  EXPECT_EQ(tree("up[5m]")->type, ValueType::kMatrix);
  EXPECT_EQ(tree("up[5m:]")->type, ValueType::kMatrix);
  EXPECT_EQ(tree("\"a\"")->type, ValueType::kString);
  EXPECT_EQ(tree("scalar(up)")->type, ValueType::kScalar);
  EXPECT_EQ(tree("sum(up)")->type, ValueType::kVector);
}

TEST(Parser, SetOperatorsMatchManyToMany) {
  EXPECT_EQ(as<Binary>(*tree("a and b")).matching.cardinality, Cardinality::kManyToMany);
  EXPECT_EQ(as<Binary>(*tree("a + b")).matching.cardinality, Cardinality::kOneToOne);
}

TEST(Parser, TheNameIsTheLastMatcher) {
  const ExprPtr expr = tree("up{a=\"b\"}");
  const auto& selector = as<VectorSelector>(*expr);
  EXPECT_EQ(selector.name, "up");
  ASSERT_EQ(selector.matchers.size(), 2U);
  EXPECT_EQ(selector.matchers[0].name(), "a");
  EXPECT_EQ(selector.matchers[1].name(), "__name__");
  EXPECT_EQ(selector.matchers[1].value(), "up");
}

TEST(Parser, ABadRegularExpressionIsRefusedAtItsMatcher) {
  const auto expr = parse("up{a=\"b\", c=~\"(\"}");
  ASSERT_FALSE(expr);
  EXPECT_EQ(expr.error().at.begin, 10U);
  EXPECT_NE(expr.error().text, "");
}

TEST(Parser, FillKeepsBothSidesApart) {
  const ExprPtr expr = tree("a + fill_right(2) b");
  EXPECT_EQ(as<Binary>(*expr).matching.fill_left, std::nullopt);
  EXPECT_EQ(as<Binary>(*expr).matching.fill_right, 2);
}

TEST(Selector, EverythingMayBeMatched) {
  const auto empty = parse_selector(" {} ");
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->empty());
  const auto full = parse_selector("up{a=\"b\",c=~\"d\"}");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->size(), 3U);
}

TEST(Selector, NothingElseIsOne) {
  for (const std::string_view text : {"", "1", "up + 1", "up[5m]", "(up)", "sum(up)", "up{a}"}) {
    EXPECT_FALSE(parse_selector(text)) << text;
  }
}

TEST(Functions, AreFoundByTheirNames) {
  std::set<std::string_view> names;
  std::size_t place = 0;
  for (const Function& function : all_functions()) {
    EXPECT_TRUE(names.insert(function.name).second);
    EXPECT_EQ(find_function(function.name), &function);
    EXPECT_EQ(static_cast<std::size_t>(function.id), place++) << function.name;
  }
  EXPECT_EQ(names.size(), 90U);
  EXPECT_EQ(find_function("RATE"), nullptr);
  EXPECT_EQ(find_function(""), nullptr);
}

}  // namespace
}  // namespace hitwatch::promql
