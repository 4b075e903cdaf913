// Inhibition: alerts that go without saying while others fire. Alertmanager's semantics: equal
// labels may be missing on both sides; an alert that is source and target of a rule is not
// inhibited by another such.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/notify/alert.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

// One thread at a time.
class Inhibition {
 public:
  explicit Inhibition(std::vector<InhibitRule> rules);

  // An alert began, changed or ended. True if it was a source of a rule, and is none now.
  bool note(const std::string& fingerprint, const metrics::Labels& labels, bool firing);

  // Fingerprints of firing alerts that inhibit this one, at most one for each rule, each once,
  // sorted. Costs a look-up for each rule, however many alerts fire.
  std::vector<std::string> inhibiting(const metrics::Labels& labels) const;

 private:
  bool forget(const std::string& fingerprint);

  // Firing alerts that are sources of a rule and have the same values of its `equal`.
  struct Sources {
    std::set<std::string> only;  // those that are no targets of the rule
    std::set<std::string> both;
  };
  struct Rule {
    InhibitRule rule;
    std::unordered_map<std::string, Sources> sources;  // by the values of `equal`
  };
  std::vector<Rule> rules_;
  // Where the alerts that are sources stand: rules and the values there.
  std::unordered_map<std::string, std::vector<std::pair<std::size_t, std::string>>> places_;
};

}  // namespace hitwatch::notify
