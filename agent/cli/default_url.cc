#include "agent/cli/default_url.h"

namespace hitwatch::cli {

std::pair<std::string, std::string> default_url(const config::Environment& environment) {
  for (const char* name : {"REDIS_URL", "REDIS_CONNECTION_STRING"}) {
    const auto value = environment(name);
    if (value && !value->empty()) return {name, *value};
  }
  return {"default", "redis://localhost:6379"};
}

}  // namespace hitwatch::cli
