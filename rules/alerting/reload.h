// From the groups that run to those that new files ask for.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/yaml/fault.h"
#include "rules/alerting/group.h"

namespace hitwatch::alerting {

// Rules that read further back than the window keeps: one fault each, which says how much they
// need. Nobody is told half a truth: a rule whose range is cut off would see less than it asks for.
std::vector<yaml::Fault> check_history(const std::vector<GroupSpec>& specs, std::int64_t window,
                                       const Group::Options& options);

struct Reloaded {
  std::vector<std::unique_ptr<Group>> groups;  // in the order of the files
  std::vector<bool> kept;                      // whether that group is one that ran already
  std::size_t removed_rules = 0;
  // Of alerts whose rules are no more: to be journaled as those of an evaluation.
  Outcome ended;
  // The series of groups that are no more, to be ended with stale markers (two intervals later, as
  // Prometheus does, in case somebody else goes on with them).
  std::vector<metrics::Labels> left_series;
};

// A group that is the same (file, name, interval, limit, offset, rules) goes on as it is; one that
// changed takes over alerts and series of the rules that are the same.
Reloaded reload(std::vector<std::unique_ptr<Group>> old, std::vector<GroupSpec> specs,
                const Group::Options& options, std::int64_t now);

// The alerts that outlived the daemon, by the identity of their rule, and up to when each group had
// been followed, by its identity (journal.h).
struct Survivors {
  std::map<std::string, AlertTable> alerts;
  std::map<std::string, std::int64_t> followed_until;
};

// Gives them back to the rules of fresh groups. The result ends those whose rules are no more.
Outcome restore(std::vector<std::unique_ptr<Group>>& groups, Survivors survivors, std::int64_t now);

}  // namespace hitwatch::alerting
