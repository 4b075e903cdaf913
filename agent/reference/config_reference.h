// docs/reference/configuration.md, made from the tables of keys that the configuration is read by.
#pragma once

#include <string>

namespace hitwatch::reference {

std::string config_reference();

}  // namespace hitwatch::reference
