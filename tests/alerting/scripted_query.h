// Answers queries as a test says, and remembers them and what was stored.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include "rules/alerting/group.h"
#include "rules/alerting/rule_file.h"
#include "rules/window/label_set.h"

namespace hitwatch::alerting {

// Between two evaluations of a group.
inline constexpr std::int64_t kInterval = 15'000;

struct Element {
  metrics::Labels labels;
  double value = 1;
};

class ScriptedQuery {
 public:
  // By the text of the expression; none: an empty vector.
  std::map<std::string, std::vector<Element>> vectors;
  std::map<std::string, std::string> errors;
  std::vector<std::pair<std::string, std::int64_t>> asked;
  // "up{…} = 1 @ 15000", a stale marker is "stale".
  std::vector<std::string> stored;
  double clock = 0;

  Surroundings surroundings() {
    Surroundings all;
    all.query = [this](const promql::Expr& /*expr*/, std::string_view text, std::int64_t time) {
      return answer(std::string(text), time);
    };
    all.append = [this](std::span<const Sample> samples) -> std::expected<void, std::string> {
      for (const Sample& sample : samples) {
        stored.push_back(alerting::describe(sample.labels) + " = " +
                         (window::is_stale(sample.value)
                              ? std::string("stale")
                              : std::to_string(static_cast<int>(sample.value))) +
                         " @ " + std::to_string(sample.time));
      }
      return {};
    };
    all.stopwatch = [this] { return clock += 0.5; };
    return all;
  }

  std::vector<std::string> take_stored() { return std::exchange(stored, {}); }

 private:
  struct Memory {
    window::Symbols symbols;
    std::pmr::monotonic_buffer_resource labels;
  };

  std::expected<promql::Result, promql::EvalError> answer(const std::string& text,
                                                          std::int64_t time) {
    asked.emplace_back(text, time);
    if (errors.contains(text)) return std::unexpected(promql::EvalError{{}, errors[text]});
    auto memory = std::make_shared<Memory>();
    promql::Result result;
    for (const Element& element : vectors[text]) {
      std::vector<window::LabelPair> pairs;
      for (const metrics::Label& label : element.labels) {
        pairs.push_back({memory->symbols.intern(label.name), memory->symbols.intern(label.value)});
      }
      const auto* labels = window::make_label_set(pairs, memory->labels);
      result.series.push_back({labels, {{time, element.value}}});
    }
    result.series_read = result.series.size();
    result.symbols = &memory->symbols;
    result.memory = std::move(memory);
    return result;
  }
};

// The groups of a rule file that has no faults.
inline std::vector<GroupSpec> specs_of(std::string_view text, const std::string& file = "r.yml") {
  auto specs = load_rule_text(text, file);
  EXPECT_TRUE(specs) << yaml::to_string(specs.error());
  return specs.value_or(std::vector<GroupSpec>());
}

}  // namespace hitwatch::alerting
