// Inhibition: alerts that go without saying while others fire. Alertmanager's semantics: equal
// labels may be missing on both sides; an alert that is source and target of a rule is not
// inhibited by another such.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/notify/alert.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

class Inhibition {
 public:
  explicit Inhibition(std::vector<InhibitRule> rules);

  // An alert began, changed or ended; `firing` says whether it is a source now.
  void note(const std::string& fingerprint, const metrics::Labels& labels, bool firing);
  void forget(const std::string& fingerprint);

  // Fingerprints of firing alerts that inhibit this one, at most one for each rule, sorted. Costs
  // a look-up for each rule, however many alerts fire.
  std::vector<std::string> inhibiting(const std::string& fingerprint,
                                      const metrics::Labels& labels) const;

 private:
  struct Sources;
  std::vector<InhibitRule> rules_;
  // For each rule: by the values of `equal`, the sources; second: is a target, too.
  std::vector<std::map<std::string, std::map<std::string, bool>>> sources_;
};

}  // namespace hitwatch::notify
