// The metric families of a Redis server that are not plain INFO fields, and the table of those that
// are.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/description.h"
#include "agent/metrics/family.h"

namespace hitwatch::redis {

// One INFO field that becomes one metric: a row of the table in info_fields.cc.
struct InfoField {
  std::string_view field;
  std::string_view metric;  // without the namespace
  metrics::Type type;
  std::string_view help;
  double divisor = 1;           // the exported value is the field's divided by this
  bool opt_in_system = false;   // only with CollectOptions::system
  bool opt_in_modules = false;  // only with CollectOptions::modules
  bool ours = false;            // redis_exporter has no such metric
};

// Every family with labels, or from a command other than INFO. The list stands in families.inc, one
// row per metric.
enum class Metric {
#define HITWATCH_SECTION(first, title, about)
#define HITWATCH_METRIC(id, ...) id,
#include "collectors/redis/families.inc"
#undef HITWATCH_METRIC
#undef HITWATCH_SECTION
  kCount
};

// The rows of that list under the headings of the reference.
struct FamilySection {
  std::string_view title;
  std::string_view about;
  std::span<const metrics::Description> families;  // names without the namespace
};
std::vector<FamilySection> family_sections();

// The name of a family: `name_space` stands before all names but those that begin `cache_`.
std::string family_name(std::string_view name_space, std::string_view name);

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
