// Who wants gzip for the body of a response.
#pragma once

#include <string_view>

namespace hitwatch::web {

// Whether gzip may and should be used for a client that sent this Accept-Encoding (RFC 9110,
// section 12.5.3): `gzip`, `x-gzip` or `*` with a weight above 0 and not below that of an
// `identity` which the client names.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace hitwatch::web
