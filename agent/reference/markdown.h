// Pieces of a document in Markdown.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace hitwatch::reference {

// What stands at the top of each document: that nobody edits it.
constexpr std::string_view kGeneratedNote =
    "<!-- Made by ./dev docs from the tables in the code; edit those. -->\n\n";

// `text`, where a table or HTML would read something else into it as itself.
std::string escaped(std::string_view text);

// `text` as code; "" stays "".
std::string code(std::string_view text);

// "| a | b |\n".
std::string table_row(std::initializer_list<std::string_view> cells);

// A row of titles and the line below it.
std::string table_head(std::initializer_list<std::string_view> titles);

}  // namespace hitwatch::reference
