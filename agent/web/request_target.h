// The request target (RFC 9112, section 3.2) taken apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/web/server.h"

namespace hitwatch::web {

// Fills `path` and `query`, percent-decoded, from an origin-form, absolute-form or `*` target.
// In the query `+` is a space. False if the target has another form or a broken percent escape.
bool parse_request_target(std::string_view target, std::string& path, std::vector<Header>& query);

}  // namespace hitwatch::web
