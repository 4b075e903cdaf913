#include "agent/rules/load.h"

#include "rules/alerting/reload.h"
#include "rules/alerting/rule_file.h"
#include "rules/bundled/bundled.h"

namespace hitwatch::rules {
namespace {

using Specs = std::vector<alerting::GroupSpec>;
using Loaded = std::expected<Specs, alerting::Faults>;

// The rules name a section of the documentation as their runbook; who is told of an alert finds the
// daemon's page of it (agent/runbooks.h) where that is.
std::string with_runbook_pages(std::string_view text, const std::string& external_url) {
  constexpr std::string_view kDocument = "docs/alerts.md#";
  std::string out;
  for (auto at = text.find(kDocument); at != text.npos; at = text.find(kDocument)) {
    out += text.substr(0, at);
    out += external_url + "/runbooks/";
    text.remove_prefix(at + kDocument.size());
  }
  out += text;
  return out;
}

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
      add(alerting::load_rule_text(with_runbook_pages(file.text, rules.external_url),
                                   std::string(file.name)));
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
