// What it costs to tell tenant and type of a key, with 10, 100 and 1,000 patterns: our matcher, the
// plain loop over the rules, one RE2 per pattern in a loop, and an RE2::Set with the captures of
// the pattern it names. The time is that of a single key; keys are 40 bytes on average, of
// 10,000 tenants, nearly all different.
#include <benchmark/benchmark.h>
#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/keys/matcher.h"

namespace hitwatch::keys {
namespace {

constexpr std::size_t kKeys = 20'000;

constexpr auto kDomains = std::to_array<std::string_view>(
    {"catalog", "availability", "booking", "session", "user",     "permissions", "quote",
     "config",  "risk",         "profile", "rate",    "features", "analytics",   "search",
     "cart",    "checkout",     "invoice", "payment", "shipping", "inventory",   "pricing",
     "promo",   "review",       "message", "thread",  "document", "folder",      "report",
     "export",  "import",       "webhook", "token",   "device",   "location",    "route",
     "driver",  "vehicle",      "ticket",  "seat",    "venue"});
constexpr auto kEntities = std::to_array<std::string_view>(
    {"summary", "detail", "list",    "count",   "index",   "history", "latest", "daily", "hourly",
     "state",   "meta",   "owner",   "members", "rules",   "limits",  "lock",   "queue", "result",
     "page",    "tree",   "package", "options", "preview", "draft",   "archive"});

// The patterns of a large system: 40 domains, 25 entities, in three conventions.
std::vector<std::string> make_patterns(std::size_t count) {
  std::vector<std::string> patterns;
  for (std::size_t i = 0; i < count; ++i) {
    // 40 and 25 are stepped through so that every count has a mixture of both.
    const std::string domain(kDomains[i * 7 % kDomains.size()]);
    const std::string entity(kEntities[(i * 3 + i / 200) % kEntities.size()]);
    switch (i % 3) {
      case 0:
        patterns.push_back(domain + ":{tenant}:" + entity + ":{id}");
        break;
      case 1:
        patterns.push_back(domain + ":" + entity + ":{user}:{tenant}");
        break;
      default:
        patterns.push_back(domain + "-" + entity + ":{tenant}:*");
    }
  }
  return patterns;
}

std::vector<Rule> make_rules(const std::vector<std::string>& patterns) {
  std::vector<Rule> rules;
  for (const std::string& text : patterns) {
    Pattern pattern = Pattern::parse(text).value();
    std::string type = pattern.leading_segment();
    rules.push_back({std::move(pattern), std::move(type), false});
  }
  return rules;
}

// A key that matches the template.
std::string fill(const std::string& pattern, std::mt19937& random) {
  const Pattern parsed = Pattern::parse(pattern).value();
  std::string key;
  for (const auto& element : parsed.elements()) {
    if (element.kind == Pattern::Element::Kind::kLiteral) {
      key += element.text;
    } else if (element.text == "tenant") {
      key += "tenant-" + std::to_string(random() % 10'000);
    } else {
      key += std::to_string(random()) + "-" + std::to_string(random() % 1'000);
    }
  }
  return key;
}

enum class Mix { kMatching, kNothing };

std::vector<std::string> make_keys(const std::vector<std::string>& patterns, Mix mix) {
  std::mt19937 random(1);
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kKeys; ++i) {
    std::string key = fill(patterns[random() % patterns.size()], random);
    // What nobody wrote a pattern for: an empty segment, or another beginning.
    if (mix == Mix::kNothing) {
      key = random() % 2 == 0 ? key.insert(key.find(':'), 1, ':') : "tmp." + key;
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

std::string to_regex(const std::string& pattern) {
  const Pattern parsed = Pattern::parse(pattern).value();
  std::string regex;
  for (const auto& element : parsed.elements()) {
    if (element.kind == Pattern::Element::Kind::kLiteral) {
      regex += RE2::QuoteMeta(element.text);
    } else if (element.kind == Pattern::Element::Kind::kRest) {
      regex += "(?s:.*)";
    } else {
      regex += element.text == "tenant" ? "([^:]+)" : "[^:]+";
    }
  }
  return regex;
}

struct Answer {
  bool matches = false;
  std::string_view tenant;
};

// Runs `ask(key)` over the keys, again and again.
template <typename Ask>
void run(benchmark::State& state, Mix mix, Ask ask) {
  const auto keys = make_keys(make_patterns(static_cast<std::size_t>(state.range(0))), mix);
  std::size_t at = 0;
  std::size_t matched = 0;
  for (auto _ : state) {
    const Answer answer = ask(keys[at]);
    matched += answer.matches ? 1 : 0;
    benchmark::DoNotOptimize(answer.tenant.data());
    if (++at == keys.size()) at = 0;
  }
  state.counters["matched"] =
      static_cast<double>(matched) / static_cast<double>(state.iterations());
  std::size_t bytes = 0;
  for (const auto& key : keys) bytes += key.size();
  state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(keys.size());
}

Answer answer_of(const Match& match) { return {static_cast<bool>(match), match.tenant}; }

void matcher(benchmark::State& state, Mix mix) {
  Matcher automaton(make_rules(make_patterns(static_cast<std::size_t>(state.range(0)))));
  run(state, mix, [&](const std::string& key) { return answer_of(automaton.match(key)); });
}

// The usual last line of a configuration.
void matcher_with_catch_all(benchmark::State& state, Mix mix) {
  auto patterns = make_patterns(static_cast<std::size_t>(state.range(0)) - 1);
  patterns.emplace_back("{type}:{tenant}:*");
  Matcher automaton(make_rules(patterns));
  run(state, mix, [&](const std::string& key) { return answer_of(automaton.match(key)); });
}

void plain_loop(benchmark::State& state, Mix mix) {
  const auto rules = make_rules(make_patterns(static_cast<std::size_t>(state.range(0))));
  run(state, mix, [&](const std::string& key) {
    for (const Rule& rule : rules) {
      if (const Match match = Matcher::match_one(rule, key)) return answer_of(match);
    }
    return Answer{};
  });
}

std::vector<std::unique_ptr<RE2>> make_regexes(std::size_t count) {
  std::vector<std::unique_ptr<RE2>> regexes;
  for (const std::string& pattern : make_patterns(count)) {
    regexes.push_back(std::make_unique<RE2>(to_regex(pattern), RE2::Latin1));
  }
  return regexes;
}

Answer ask_regex(const RE2& regex, const std::string& key) {
  re2::StringPiece tenant;
  if (!RE2::FullMatch(key, regex, &tenant)) return {};
  return {true, {tenant.data(), tenant.size()}};
}

void re2_loop(benchmark::State& state, Mix mix) {
  const auto regexes = make_regexes(static_cast<std::size_t>(state.range(0)));
  run(state, mix, [&](const std::string& key) {
    for (const auto& regex : regexes) {
      if (const Answer answer = ask_regex(*regex, key); answer.matches) return answer;
    }
    return Answer{};
  });
}

void re2_set(benchmark::State& state, Mix mix) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto regexes = make_regexes(count);
  RE2::Options options(RE2::Latin1);
  options.set_max_mem(64 << 20);
  RE2::Set set(options, RE2::ANCHOR_BOTH);
  for (const std::string& pattern : make_patterns(count)) set.Add(to_regex(pattern), nullptr);
  if (!set.Compile()) return state.SkipWithError("the set does not compile");
  std::vector<int> found;
  run(state, mix, [&](const std::string& key) {
    if (!set.Match(key, &found)) return Answer{};
    const int first = *std::ranges::min_element(found);
    return ask_regex(*regexes[static_cast<std::size_t>(first)], key);
  });
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int count : {10, 100, 1'000}) benchmark->Arg(count);
}

BENCHMARK_CAPTURE(matcher, matching, Mix::kMatching)->Apply(sizes);
BENCHMARK_CAPTURE(matcher, nothing, Mix::kNothing)->Apply(sizes);
BENCHMARK_CAPTURE(matcher_with_catch_all, matching, Mix::kMatching)->Apply(sizes);
BENCHMARK_CAPTURE(matcher_with_catch_all, nothing, Mix::kNothing)->Apply(sizes);
BENCHMARK_CAPTURE(plain_loop, matching, Mix::kMatching)->Apply(sizes);
BENCHMARK_CAPTURE(plain_loop, nothing, Mix::kNothing)->Apply(sizes);
BENCHMARK_CAPTURE(re2_loop, matching, Mix::kMatching)->Apply(sizes);
BENCHMARK_CAPTURE(re2_loop, nothing, Mix::kNothing)->Apply(sizes);
BENCHMARK_CAPTURE(re2_set, matching, Mix::kMatching)->Apply(sizes);
BENCHMARK_CAPTURE(re2_set, nothing, Mix::kNothing)->Apply(sizes);

}  // namespace
}  // namespace hitwatch::keys
