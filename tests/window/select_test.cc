// Selectors beside a plain loop over all series, which is the judge.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "rules/window/window.h"

namespace hitwatch::window {
namespace {

using Kind = Matcher::Kind;
using Labels = std::map<std::string, std::string>;

constexpr std::int64_t kHistory = 300'000;

class Chooser {
 public:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool one_of(std::size_t bound) { return below(bound) == 0; }
  const std::string& of(const std::vector<std::string>& texts) {
    return texts[below(texts.size())];
  }

 private:
  std::mt19937 random_{1};  // NOLINT: the same in every run
};

const std::vector<std::string> kNames = {"__name__", "cmd", "job", "tenant"};
const std::vector<std::string> kValues = {"get", "set", "mget", "a.b", "", "x\ny", "Ä"};
const std::vector<std::string> kPatterns = {
    ".*",      ".+",  "",       "get",     "get|set", "(?:mget|nothing)", "|get",    ".?get",
    "a\\.b|x", "a.b", "[^g].*", "(?i)GET", "x.y",     "nothing",          "g.*|s.*", "."};

Labels random_labels(Chooser& choose) {
  Labels labels;
  for (const std::string& name : kNames) {
    if (const std::string& value = choose.of(kValues); !value.empty()) labels[name] = value;
  }
  labels["number"] = std::to_string(choose.below(200));
  return labels;
}

Matchers random_matchers(Chooser& choose) {
  Matchers matchers;
  for (std::size_t i = choose.below(4); i > 0; --i) {
    const auto kind = static_cast<Kind>(choose.below(4));
    const bool regex = kind == Kind::kMatches || kind == Kind::kDoesNotMatch;
    const std::string name = choose.one_of(9) ? "unheard_of" : choose.of(kNames);
    matchers.push_back(Matcher::make(kind, name, choose.of(regex ? kPatterns : kValues)).value());
  }
  return matchers;
}

bool matches(const Labels& labels, const Matchers& matchers) {
  return std::ranges::all_of(matchers, [&](const Matcher& matcher) {
    const auto label = labels.find(matcher.name());
    return matcher.matches(label == labels.end() ? "" : label->second);
  });
}

std::string text_of(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) text += name + "=" + value + ";";
  return text;
}
std::vector<std::string> texts_of(const std::vector<const Series*>& series) {
  std::vector<std::string> texts;
  for (const Series* one : series) {
    Labels labels;
    for (const LabelPair& pair : one->labels().pairs()) labels[*pair.name] = *pair.value;
    texts.push_back(text_of(labels));
  }
  return texts;
}

// The window, and what it has to hold.
class SelectBesideAPlainLoop : public testing::Test {
 protected:
  void want(std::vector<Matchers> selectors) {
    wanted = std::move(selectors);
    std::vector<Wanted> list;
    for (const Matchers& matchers : wanted) list.push_back({matchers, kHistory});
    window.want(std::move(list));
    std::erase_if(made, [&](const Labels& labels) { return !is_wanted(labels); });
  }
  bool is_wanted(const Labels& labels) const {
    return std::ranges::any_of(wanted,
                               [&](const Matchers& matchers) { return matches(labels, matchers); });
  }
  void make(const Labels& labels) {
    std::vector<metrics::LabelView> views;
    for (const auto& [name, value] : labels) views.push_back({name, value});
    if (choose.one_of(2)) std::ranges::reverse(views);
    Series* const series = window.find_or_make(metrics::LabelViews(views));
    ASSERT_EQ(series != nullptr, is_wanted(labels)) << text_of(labels);
    if (series == nullptr) return;
    if (std::ranges::find(made, labels) == made.end()) made.push_back(labels);
    window.append(*series, time, 1);
    last_sample[labels] = time;
  }
  std::vector<std::string> expected(const Matchers& matchers) const {
    std::vector<std::string> texts;
    for (const Labels& labels : made) {
      if (matches(labels, matchers)) texts.push_back(text_of(labels));
    }
    return texts;
  }
  void check(const Matchers& matchers) {
    std::string text;
    for (const Matcher& matcher : matchers) {
      text += matcher.name() + std::string(kind_text(matcher.kind())) + matcher.value() + " ";
    }
    SCOPED_TRACE(text);
    ASSERT_EQ(texts_of(window.select(matchers)), expected(matchers));
    const std::vector<Matchers> one = {matchers};
    ASSERT_EQ(texts_of(window.find(one, time - 1, time)).size(),
              static_cast<std::size_t>(std::ranges::count_if(made, [&](const Labels& labels) {
                return matches(labels, matchers) && last_sample[labels] == time;
              })));
    const auto extract = window.extract(one, time - 1, time);
    ASSERT_EQ(texts_of(extract->select(matchers)), texts_of(window.find(one, time - 1, time)));
  }

  Chooser choose;
  Window window;
  std::int64_t time = 1;
  std::vector<Matchers> wanted;
  std::vector<Labels> made;  // in the order of their making
  std::map<Labels, std::int64_t> last_sample;
};

TEST_F(SelectBesideAPlainLoop, FindsTheSame) {
  window.trim(time);
  for (int round = 0; round < 8; ++round) {
    std::vector<Matchers> selectors(1 + choose.below(6));
    for (Matchers& matchers : selectors) matchers = random_matchers(choose);
    if (round % 3 == 0) selectors.emplace_back();
    ASSERT_NO_FATAL_FAILURE(want(selectors));
    for (int i = 0; i < 60; ++i) ASSERT_NO_FATAL_FAILURE(make(random_labels(choose)));
    for (const Matchers& matchers : selectors) ASSERT_NO_FATAL_FAILURE(check(matchers));
    for (int i = 0; i < 40; ++i) ASSERT_NO_FATAL_FAILURE(check(random_matchers(choose)));

    // Those that get no sample any more are dropped.
    time += 20 * kHistory;
    const std::vector<Labels> kept(made.begin(), made.begin() + std::ssize(made) / 2);
    for (const Labels& labels : kept) ASSERT_NO_FATAL_FAILURE(make(labels));
    ASSERT_EQ(window.trim(time), made.size() > kept.size());
    made = kept;
  }
}

TEST_F(SelectBesideAPlainLoop, SymbolsAreThoseOfTheSeries) {
  want({{}});
  for (int i = 0; i < 200; ++i) ASSERT_NO_FATAL_FAILURE(make(random_labels(choose)));
  want({{Matcher::make(Kind::kMatches, "number", "1.").value()}});
  std::vector<std::string> texts = {"__name__", "le", ""};
  for (const Labels& labels : made) {
    for (const auto& [name, value] : labels) {
      texts.push_back(name);
      texts.push_back(value);
    }
  }
  std::ranges::sort(texts);
  const auto repeated = std::ranges::unique(texts);
  texts.erase(repeated.begin(), repeated.end());
  EXPECT_EQ(window.symbols().size(), texts.size());
  for (const std::string& text : texts) EXPECT_NE(window.symbols().find(text), nullptr) << text;
}

}  // namespace
}  // namespace hitwatch::window
