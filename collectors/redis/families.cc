#include "collectors/redis/families.h"

#include <fmt/format.h>

#include <iterator>

#include "collectors/redis/info_fields.h"

namespace hitwatch::redis {
namespace {

constexpr metrics::Description kRows[] = {
#define HITWATCH_SECTION(first, title, about)
#define HITWATCH_METRIC(id, n, t, l, h, ...) \
  {.name = n, .type = metrics::Type::t, .help = h, .labels = l, __VA_ARGS__},
#include "collectors/redis/families.inc"
#undef HITWATCH_METRIC
#undef HITWATCH_SECTION
};
static_assert(std::size(kRows) == static_cast<std::size_t>(Metric::kCount));

struct SectionStart {
  Metric first;
  std::string_view title;
  std::string_view about;
};
constexpr SectionStart kSectionStarts[] = {
#define HITWATCH_SECTION(first, title, about) {Metric::first, title, about},
#define HITWATCH_METRIC(id, ...)
#include "collectors/redis/families.inc"
#undef HITWATCH_METRIC
#undef HITWATCH_SECTION
};
static_assert(kSectionStarts[0].first == Metric{});

// Longer names are no field of any server.
constexpr std::size_t kMaxPassedThrough = 100;

}  // namespace

std::vector<FamilySection> family_sections() {
  std::vector<FamilySection> sections;
  for (std::size_t i = 0; i < std::size(kSectionStarts); ++i) {
    const bool last = i + 1 == std::size(kSectionStarts);
    const auto begin = static_cast<std::size_t>(kSectionStarts[i].first);
    const auto end = static_cast<std::size_t>(last ? Metric::kCount : kSectionStarts[i + 1].first);
    sections.push_back({kSectionStarts[i].title, kSectionStarts[i].about,
                        std::span(kRows).subspan(begin, end - begin)});
  }
  return sections;
}

std::string family_name(std::string_view name_space, std::string_view name) {
  return name.starts_with("cache_") ? std::string(name) : fmt::format("{}_{}", name_space, name);
}

Families::Families(metrics::FamilyRegistry& registry, std::string_view name_space)
    : registry_(registry), prefix_(fmt::format("{}_", name_space)) {
  for (const metrics::Description& row : kRows) {
    by_metric_.push_back(registry_.get(family_name(name_space, row.name), row.type, row.help));
  }
  for (const InfoField& row : info_fields()) {
    const std::string name = prefix_ + std::string(row.metric);
    by_field_.push_back(registry_.get(name, row.type, row.help));
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
