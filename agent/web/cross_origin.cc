#include "agent/web/cross_origin.h"

#include <string_view>

#include "agent/net/http_words.h"

namespace hitwatch::web {

bool is_cross_origin(const Request& request) {
  std::string_view origin = request.header("Origin");
  if (origin.empty()) return false;
  const std::size_t scheme = origin.find("://");
  if (scheme == origin.npos) return true;
  origin.remove_prefix(scheme + 3);
  // A browser leaves out the port that goes with the scheme in both.
  return !net::equal_ignoring_case(origin, request.sole_header("Host"));
}

}  // namespace hitwatch::web
