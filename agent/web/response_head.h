// The status line and header fields of a response (RFC 9112, sections 4 and 5).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "agent/web/server.h"

namespace hitwatch::web {

struct Framing {
  std::size_t content_length = 0;
  bool gzipped = false;
  bool varies_by_encoding = false;  // another Accept-Encoding would have got another body
  bool keep_alive = true;
  bool http_1_0 = false;  // the client's version: it must be told that the connection stays open
};

std::string_view reason_phrase(int status);

// Writes the head, blank line included, over what `out` holds (its memory is reused). Control
// characters in names and values become spaces, so that no text can start a line of its own.
void render_response_head(const Response& response, const Framing& framing, std::string& out);

}  // namespace hitwatch::web
