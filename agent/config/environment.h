// The environment as a function, so that tests can have one of their own.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace hitwatch::config {

// The value of an environment variable, or nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

}  // namespace hitwatch::config
