#include "agent/config/keys_section.h"

namespace hitwatch::config {

void read_keys(yaml::Mapping& root, Keys&) { root.refuse("keys", "not available in this version"); }

std::vector<std::string> key_warnings(const Keys&) { return {}; }

}  // namespace hitwatch::config
