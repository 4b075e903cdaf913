// The server that is meant where none is named.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace hitwatch::cli {

// The value of a variable of the environment, if it is set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

// Where it is said ("REDIS_URL", or "default") and the URL: the first of REDIS_URL and
// REDIS_CONNECTION_STRING that is not empty, else this machine's Redis.
std::pair<std::string, std::string> default_url(const Environment& environment);

}  // namespace hitwatch::cli
