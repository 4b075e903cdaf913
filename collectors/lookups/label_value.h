// What may stand in a label: the bytes of strangers made printable, and cut.
#pragma once

#include <string>
#include <string_view>

namespace hitwatch::lookups {

constexpr std::size_t kMaxLabelBytes = 128;

// `raw` as valid UTF-8 without control characters, at most kMaxLabelBytes long: a byte that does
// not fit becomes `\xHH`. Points into `raw` where nothing had to change, else into `scratch`.
std::string_view label_value(std::string_view raw, std::string& scratch);

}  // namespace hitwatch::lookups
