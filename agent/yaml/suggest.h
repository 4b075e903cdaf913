// What the author of a misspelt word probably meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace hitwatch::yaml {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal
// string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `words`, or "" if none is near: one edit for words of up to four letters, two up
// to eight, else three.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

// Text of the user for a message: in quotes, or "the text here" where it is long, unprintable or
// could hold a password (a URL, or anything with '@').
std::string shown(std::string_view text);

}  // namespace hitwatch::yaml
