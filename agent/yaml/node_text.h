// A tree of nodes as YAML again.
#pragma once

#include <string>

#include "agent/yaml/document.h"

namespace hitwatch::yaml {

// Block style, two spaces a level, a line's end after the last line. What is not a plain word or
// number stands in double quotes; whether a text was quoted is not known any more, so that a quoted
// "true" is written without quotes. Nothing for a null node.
std::string to_text(const Node& node);

}  // namespace hitwatch::yaml
