// Answers of the query API as text for people.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::cli {

struct QueryText {
  std::string result;  // one line per sample: `up{job="redis"} => 1 @[1435781430.781]`
  std::string notes;   // warnings and infos, a line each
};

// Of a body of /api/v1/query or query_range; its error if it reports one, or a sentence if it is
// none. What came from the daemon is made safe for a terminal.
std::expected<QueryText, std::string> query_text(std::string_view body);

}  // namespace hitwatch::cli
