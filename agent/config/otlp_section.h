// `apps.otlp`: which OTLP metrics tell of lookups.
#pragma once

#include "agent/config/config.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

// All but `enabled` and the token.
void read_otlp_mapping(yaml::Mapping& otlp, apps::OtlpOptions& out);

}  // namespace hitwatch::config
