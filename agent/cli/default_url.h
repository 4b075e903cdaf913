// The server that is meant where none is named.
#pragma once

#include <string>
#include <utility>

#include "agent/config/environment.h"

namespace hitwatch::cli {

// Where it is said ("REDIS_URL", or "default") and the URL: the first of REDIS_URL and
// REDIS_CONNECTION_STRING that is not empty, else this machine's Redis.
std::pair<std::string, std::string> default_url(const config::Environment& environment);

}  // namespace hitwatch::cli
