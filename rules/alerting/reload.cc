#include "rules/alerting/reload.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "agent/net/duration.h"
#include "rules/promql/needs.h"

namespace hitwatch::alerting {
namespace {

// Ends alerts of a rule that is no more.
void end_alerts(const std::string& identity, const std::string& name, const std::string& expr,
                const AlertTable& alerts, std::int64_t now, Outcome& out) {
  for (Transition& transition : end_all(alerts, now, "the rule was removed")) {
    out.transitions.push_back(RuleTransition{identity, name, expr, std::move(transition)});
  }
  for (const auto& [key, alert] : alerts) {
    out.changes.push_back(StoredChange{identity, key, std::nullopt});
  }
}

// `left`: a group of which nobody took over the alerts that it still has.
void end_rest(const Group& left, std::int64_t now, Outcome& out) {
  for (std::size_t i = 0; i < left.rules().size(); ++i) {
    const RuleStatus& status = left.rules()[i];
    end_alerts(status.identity, left.spec().rules[i].name, left.spec().rules[i].expr, status.alerts,
               now, out);
  }
}

std::size_t count_removed(const Group& old, const GroupSpec& now) {
  std::size_t removed = 0;
  const std::vector<std::string> kept = identities(now);
  for (const RuleStatus& status : old.rules()) {
    if (std::ranges::find(kept, status.identity) == kept.end()) ++removed;
  }
  return removed;
}

}  // namespace

std::vector<yaml::Fault> check_history(const std::vector<GroupSpec>& specs, std::int64_t window,
                                       const Group::Options& options) {
  std::vector<yaml::Fault> faults;
  for (const GroupSpec& spec : specs) {
    for (std::size_t i = 0; i < spec.rules.size(); ++i) {
      const Rule& rule = spec.rules[i];
      std::int64_t most = 0;
      bool fixed = false;
      for (const auto& need :
           promql::needs(*rule.parsed, options.lookback, options.subquery_step)) {
        fixed = fixed || need.fixed;
        if (!need.fixed) most = std::max(most, need.history);
      }
      most += spec.query_offset.value_or(0);
      std::string text;
      if (most > window) {
        text = fmt::format("reads {} back, the window keeps {}: shorten it or raise rules.window",
                           net::format_milliseconds(most), net::format_milliseconds(window));
      } else if (fixed) {
        text = "reads a fixed time ('@' with a number), which the window does not keep";
      } else {
        continue;
      }
      faults.push_back(yaml::Fault{
          spec.file, rule.line, rule.column,
          fmt::format("group \"{}\", rule {}, \"{}\": {}", spec.name, i + 1, rule.name, text)});
    }
  }
  return faults;
}

Reloaded reload(std::vector<std::unique_ptr<Group>> old, std::vector<GroupSpec> specs,
                const Group::Options& options, std::int64_t now) {
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Group>> before;
  for (std::unique_ptr<Group>& group : old) {
    const auto key = std::pair(group->spec().file, group->spec().name);
    before.emplace(key, std::move(group));
  }
  Reloaded result;
  for (GroupSpec& spec : specs) {
    const auto found = before.find(std::pair(spec.file, spec.name));
    if (found == before.end()) {
      result.groups.push_back(std::make_unique<Group>(std::move(spec), options));
      result.kept.push_back(false);
      continue;
    }
    std::unique_ptr<Group> known = std::move(found->second);
    before.erase(found);
    if (known->same(spec, options)) {
      result.groups.push_back(std::move(known));
      result.kept.push_back(true);
      continue;
    }
    result.removed_rules += count_removed(*known, spec);
    auto group = std::make_unique<Group>(std::move(spec), options);
    group->take_over(*known);
    end_rest(*known, now, result.ended);
    result.groups.push_back(std::move(group));
    result.kept.push_back(false);
  }
  for (auto& [key, group] : before) {
    result.removed_rules += group->rules().size();
    end_rest(*group, now, result.ended);
    std::ranges::move(group->take_series(), std::back_inserter(result.left_series));
  }
  return result;
}

Outcome restore(std::vector<std::unique_ptr<Group>>& groups, Survivors survivors,
                std::int64_t now) {
  for (const std::unique_ptr<Group>& group : groups) {
    const auto followed = survivors.followed_until.find(group->identity());
    for (std::size_t i = 0; i < group->rules().size(); ++i) {
      const auto found = survivors.alerts.find(group->rules()[i].identity);
      if (found == survivors.alerts.end()) continue;
      // Without a time nothing was pending: only firing alerts go on, which need none.
      group->restore(i, std::move(found->second),
                     followed == survivors.followed_until.end() ? now : followed->second);
      survivors.alerts.erase(found);
    }
  }
  Outcome ended;
  for (const auto& [identity, alerts] : survivors.alerts) {
    std::string name;
    for (const auto& [key, alert] : alerts) {
      const auto label = std::ranges::find(alert.labels, "alertname", &metrics::Label::name);
      if (!alert.no_data && label != alert.labels.end()) name = label->value;
    }
    end_alerts(identity, name, "", alerts, now, ended);
  }
  return ended;
}

}  // namespace hitwatch::alerting
