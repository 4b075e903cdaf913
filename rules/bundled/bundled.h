// The rules that come with hitwatch, as they stand in this folder: text in the program itself, so
// that there is nothing to install.
#pragma once

#include <span>
#include <string_view>

namespace hitwatch::bundled {

struct File {
  std::string_view name;  // "bundled/cache.yaml"
  std::string_view text;
};

// In the order of their names.
std::span<const File> files();

}  // namespace hitwatch::bundled
