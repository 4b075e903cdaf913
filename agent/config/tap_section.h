// `tap`: what is captured of the traffic between applications and servers.
#pragma once

#include "agent/yaml/section.h"
#include "collectors/tap/options.h"

namespace hitwatch::config {

void read_tap(yaml::Mapping& root, tap::Options& out);

}  // namespace hitwatch::config
