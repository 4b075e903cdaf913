// The table of INFO fields that are exported as they are: one row per metric.
#pragma once

#include <span>

#include "collectors/redis/families.h"

namespace hitwatch::redis {

// No field and no metric name stands in it twice. Fields that need labels or arithmetic over
// several fields are in families.inc instead.
std::span<const InfoField> info_fields();

// The same rows by the section of INFO that they stand in.
struct InfoSection {
  std::string_view name;
  std::span<const InfoField> fields;
};
std::span<const InfoSection> info_sections();

}  // namespace hitwatch::redis
