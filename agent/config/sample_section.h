// `keys.sample`: how the keys of servers are sampled.
#pragma once

#include "agent/yaml/section.h"
#include "collectors/keyspace/options.h"

namespace hitwatch::config {

void read_sample(yaml::Mapping& keys, keyspace::SampleOptions& out);

}  // namespace hitwatch::config
