// Types for eyes that may not see keys.
#pragma once

#include "collectors/keyspace/report.h"

namespace hitwatch::cli {

// The same report, its types redacted unless they are words (redacted_segment()): for types that
// are what keys happen to begin with, such as an address or an id. Types that then look alike stay
// apart.
keyspace::Report redact_types(keyspace::Report report);

}  // namespace hitwatch::cli
