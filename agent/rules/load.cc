#include "agent/rules/load.h"

#include "rules/alerting/reload.h"
#include "rules/alerting/rule_file.h"
#include "rules/bundled/bundled.h"

namespace hitwatch::rules {
namespace {

using Specs = std::vector<alerting::GroupSpec>;
using Loaded = std::expected<Specs, alerting::Faults>;

}  // namespace

alerting::Group::Options group_options(const config::Rules& rules) {
  alerting::Group::Options options;
  options.interval = rules.evaluation_interval.count();
  options.subquery_step = rules.evaluation_interval.count();
  return options;
}

std::expected<Specs, std::vector<yaml::Fault>> load_rules(const config::Rules& rules) {
  Specs specs;
  std::vector<yaml::Fault> faults;
  const auto add = [&](Loaded loaded) {
    if (!loaded) {
      faults.insert(faults.end(), loaded.error().begin(), loaded.error().end());
      return;
    }
    for (alerting::GroupSpec& spec : *loaded) specs.push_back(std::move(spec));
  };
  if (rules.bundled) {
    for (const bundled::File& file : bundled::files()) {
      add(alerting::load_rule_text(file.text, std::string(file.name)));
    }
  }
  for (const std::string& glob : rules.files) {
    for (const std::string& path : config::expand_glob(glob)) {
      add(alerting::load_rule_file(path));
    }
  }
  const auto too_long = alerting::check_history(specs, rules.window.count(), group_options(rules));
  faults.insert(faults.end(), too_long.begin(), too_long.end());
  if (!faults.empty()) return std::unexpected(std::move(faults));
  return specs;
}

}  // namespace hitwatch::rules
