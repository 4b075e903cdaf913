#include "agent/metrics/family.h"

#include "agent/metrics/labels.h"

namespace hitwatch::metrics {

std::string_view type_word(Type type) {
  switch (type) {
    case Type::kCounter:
      return "counter";
    case Type::kGauge:
      return "gauge";
    case Type::kHistogram:
      return "histogram";
    case Type::kSummary:
      return "summary";
    case Type::kUnknown:
      break;
  }
  return "untyped";
}

const Family* FamilyRegistry::get(std::string_view name, Type type, std::string_view help) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  if (families_.size() >= kMaxFamilies || !is_metric_name(name)) return nullptr;
  const auto id = static_cast<std::uint32_t>(families_.size());
  const Family& made =
      families_.emplace_back(Family{id, std::string(name), type, std::string(help)});
  by_name_.emplace(made.name, &made);
  return &made;
}

}  // namespace hitwatch::metrics
