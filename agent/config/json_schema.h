// The schema of the configuration for editors and other programs: JSON Schema, draft 7, which
// yaml-language-server reads. It knows keys, types and words; what several keys say together is
// beyond it.
#pragma once

#include <string>

namespace hitwatch::config {

// Ends with a newline.
std::string json_schema();

}  // namespace hitwatch::config
