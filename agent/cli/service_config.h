// Where the service's configuration is, for commands that are told of no other.
#pragma once

namespace hitwatch::cli {

constexpr const char* kServiceConfig = "/etc/hitwatch/hitwatch.yaml";

}  // namespace hitwatch::cli
