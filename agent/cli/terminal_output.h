// Writing to a descriptor that may be a terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace hitwatch::cli {

// All of the text; false, with errno, if it cannot be written.
bool write_all(int descriptor, std::string_view text);

// Of a terminal that knows; nothing for anything else.
std::optional<std::size_t> terminal_columns(int descriptor);

}  // namespace hitwatch::cli
