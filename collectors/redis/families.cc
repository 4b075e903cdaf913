#include "collectors/redis/families.h"

#include <fmt/format.h>

#include <array>

#include "collectors/redis/info_fields.h"

namespace hitwatch::redis {
namespace {

struct Row {
  std::string_view name;
  metrics::Type type;
  std::string_view help;
};

constexpr Row kRows[] = {
#define HITWATCH_METRIC(id, name, type, help) {name, metrics::Type::type, help},
#include "collectors/redis/families.inc"
#undef HITWATCH_METRIC
};
static_assert(std::size(kRows) == static_cast<std::size_t>(Metric::kCount));

std::string help_of(const InfoField& row) {
  if (row.divisor == 1) return fmt::format("INFO field {}.", row.field);
  return fmt::format("INFO field {}, divided by {}.", row.field, row.divisor);
}

// Longer names are no field of any server.
constexpr std::size_t kMaxPassedThrough = 100;

}  // namespace

Families::Families(metrics::FamilyRegistry& registry, std::string_view name_space)
    : registry_(registry), prefix_(fmt::format("{}_", name_space)) {
  for (const Row& row : kRows) {
    const std::string prefix = row.name.starts_with("cache_") ? "" : prefix_;
    by_metric_.push_back(registry_.get(prefix + std::string(row.name), row.type, row.help));
  }
  for (const InfoField& row : info_fields()) {
    const std::string name = prefix_ + std::string(row.metric);
    by_field_.push_back(registry_.get(name, row.type, help_of(row)));
  }
}

const metrics::Family* Families::operator[](const InfoField& row) const {
  return by_field_[static_cast<std::size_t>(&row - info_fields().data())];
}

const metrics::Family* Families::passed_through(std::string_view name) const {
  if (name.size() > kMaxPassedThrough) return nullptr;
  std::string full = prefix_;
  for (const char c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    full += fits ? c : '_';
  }
  return registry_.get(full, metrics::Type::kGauge, fmt::format("INFO field {}.", name));
}

}  // namespace hitwatch::redis
