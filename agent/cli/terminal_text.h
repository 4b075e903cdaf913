// Text from elsewhere made fit for a terminal: what it shows, and how many columns that takes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hitwatch::cli {

// The text with everything replaced by `?` that a terminal would obey or could not show: control
// characters, invalid UTF-8, characters without a place in Unicode. Marks that turn the direction
// of writing or that nobody sees are left out; marks on a letter stay, two at most for each.
std::string printable(std::string_view text);

// The columns of printable text: 2 for a character of East Asian width, 0 for a mark on a letter.
std::size_t columns_of(std::string_view printable_text);

// Printable text in at most so many columns; what is cut off is marked by `…` in the last one.
std::string cut(std::string_view printable_text, std::size_t columns);

// The same in exactly so many, filled up with blanks on the right or on the left.
std::string fill_right(std::string_view printable_text, std::size_t columns);
std::string fill_left(std::string_view printable_text, std::size_t columns);

}  // namespace hitwatch::cli
