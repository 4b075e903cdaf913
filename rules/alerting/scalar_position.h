// Where a place in a YAML scalar's text stands in the file.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "agent/yaml/document.h"

namespace hitwatch::alerting {

struct FilePosition {
  int line = 0;  // both count from 1; columns are bytes
  int column = 0;
};

// `document` is the whole text of which `scalar` is a node. Nothing where the text cannot be
// followed: escapes other than \" and \\, aliases.
std::optional<FilePosition> position_of(std::string_view document, const yaml::Node& scalar,
                                        std::size_t offset);

}  // namespace hitwatch::alerting
