// Text that may go into a proto3 string or into JSON, which must be UTF-8: keys and values of Redis
// are any bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hitwatch::trace {

// `text` itself if it is UTF-8 and has at most `most` bytes. Else what of it fits into `most`
// bytes, cut between characters, with U+FFFD for each byte that is no part of one: in `scratch`.
std::string_view utf8_text(std::string_view text, std::size_t most, std::string& scratch);

}  // namespace hitwatch::trace
