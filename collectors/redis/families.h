// The metric families of a Redis server that are not plain INFO fields, and the table of those that
// are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/family.h"

namespace hitwatch::redis {

// One INFO field that becomes one metric: a row of the table in info_fields.cc.
struct InfoField {
  std::string_view field;
  std::string_view metric;  // without the namespace
  metrics::Type type;
  double divisor = 1;           // the exported value is the field's divided by this
  bool opt_in_system = false;   // only with CollectOptions::system
  bool opt_in_modules = false;  // only with CollectOptions::modules
};

// Every family with labels, or from a command other than INFO. X(enumerator, name, type, help).
// The list stands in families.inc, one row per metric.
enum class Metric {
#define HITWATCH_METRIC(id, name, type, help) id,
#include "collectors/redis/families.inc"
#undef HITWATCH_METRIC
  kCount
};

// All families of this part, registered under a namespace ("redis"). Immutable after construction;
// the registry must outlive it.
class Families {
 public:
  Families(metrics::FamilyRegistry& registry, std::string_view name_space);

  const metrics::Family* operator[](Metric metric) const {
    return by_metric_[static_cast<std::size_t>(metric)];
  }
  // The family of a row of info_fields().
  const metrics::Family* operator[](const InfoField& row) const;
  // Gauge `<namespace>_<name>` for fields that pass through under their own name.
  const metrics::Family* passed_through(std::string_view name) const;

 private:
  metrics::FamilyRegistry& registry_;
  std::string prefix_;
  std::vector<const metrics::Family*> by_metric_;
  std::vector<const metrics::Family*> by_field_;  // in the order of info_fields()
};

}  // namespace hitwatch::redis
