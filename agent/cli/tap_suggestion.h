// `hitwatch tap --suggest`: key patterns for the configuration.
#pragma once

#include <string>

#include "collectors/tap/report.h"

namespace hitwatch::cli {

// A section `keys:` with the patterns that the report proposes, in an order that the configuration
// accepts; each with how much of what was seen it is; then comments on what is left out. No names
// of keys.
std::string suggested_keys(const tap::Report& report);

}  // namespace hitwatch::cli
