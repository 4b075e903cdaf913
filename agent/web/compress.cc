#include "agent/web/compress.h"

#include <algorithm>

#include "agent/net/http_words.h"

namespace hitwatch::web {

bool accepts_gzip(std::string_view accept_encoding) {
  int gzip = -1;  // -1: not named
  int any = -1;
  int identity = -1;
  while (!accept_encoding.empty()) {
    const auto [name, parameters, weight] = net::take_preference(accept_encoding);
    if (net::equal_ignoring_case(name, "gzip") || net::equal_ignoring_case(name, "x-gzip")) {
      gzip = std::max(gzip, weight);
    }
    if (net::equal_ignoring_case(name, "identity")) identity = weight;
    if (name == "*") any = weight;
  }
  if (gzip < 0) gzip = any;
  return gzip > 0 && gzip >= identity;
}

}  // namespace hitwatch::web
