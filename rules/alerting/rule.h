// Rules and groups as a rule file says them, checked and parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"
#include "rules/promql/ast.h"

namespace hitwatch::alerting {

// Times are milliseconds since the Unix epoch and lengths of time are milliseconds, here and in all
// of this folder. Labels are sorted by name, each name once.

struct Rule {
  enum class Kind : std::uint8_t { kRecording, kAlerting };

  Kind kind = Kind::kAlerting;
  std::string name;  // of `record` or `alert`
  std::string expr;  // as written
  std::shared_ptr<const promql::Expr> parsed;
  std::int64_t hold = 0;  // `for`
  std::int64_t keep_firing_for = 0;
  // The group's, overridden by the rule's own; those of alerts are templates. One without a value
  // takes the label away from the results.
  metrics::Labels labels;
  metrics::Labels annotations;  // templates
  // Where the rule stands in its file.
  int line = 0;
  int column = 0;
};

// Whether they say the same. Their place in the file does not count.
bool same_rule(const Rule& left, const Rule& right);

struct GroupSpec {
  std::string file;
  std::string name;
  std::optional<std::int64_t> interval;      // none: the configuration's evaluation_interval
  std::optional<std::int64_t> query_offset;  // none: zero
  std::size_t limit = 0;                     // results of one rule; 0: no limit
  std::vector<Rule> rules;
};

// Sorts by name and keeps the last of those with the same name; drops those without a value.
void normalize(metrics::Labels& labels);
// `base` with the labels of `over` in place of those with the same names.
metrics::Labels merge(const metrics::Labels& base, const metrics::Labels& over);
// A text that is the same for the same labels and different for different ones.
std::string label_key(const metrics::Labels& labels);
metrics::Labels labels_of_key(std::string_view key);
// `{a="1", b="2"}`, values quoted; with a name in front if there is a `__name__`.
std::string describe(const metrics::Labels& labels);

// Names a rule across reloads and restarts, as text (docs/state.md): file, group, name, labels, and
// which of several that agree in all of these it is, counted from 0.
std::string identity(const GroupSpec& group, const Rule& rule, std::size_t nth);
// Those of all rules of a group, in their order.
std::vector<std::string> identities(const GroupSpec& group);

}  // namespace hitwatch::alerting
