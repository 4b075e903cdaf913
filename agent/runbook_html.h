// A piece of our own documentation as HTML.
#pragma once

#include <string>
#include <string_view>

namespace hitwatch {

// `text` as it may stand in HTML and in an attribute of it.
std::string html_text(std::string_view text);

// What a section of docs/alerts.md uses of Markdown, and no more: paragraphs, lists of lines that
// begin with "- ", fenced blocks, bold, code and links. Links to a heading of the same document
// ("#redisdown") lead to its page here, those to the web where they say; of links to other
// documents, which the program does not have, the text is left.
std::string html_of_markdown(std::string_view markdown);

}  // namespace hitwatch
