// Texts in double quotes, as Go's strconv.Quote writes them and PromQL reads them.
#pragma once

#include <string>
#include <string_view>

namespace hitwatch::window {

// What prints stays; the rest becomes \a \b \f \n \r \t \v \\ \" \x.. \u.... or \U......... A byte
// that is no valid UTF-8 becomes \x... Code points that Unicode has not assigned are taken to
// print, which Go's tables know better.
void append_quoted(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

}  // namespace hitwatch::window
