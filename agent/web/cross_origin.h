// Requests that a page of another site makes a browser send.
#pragma once

#include "agent/web/server.h"

namespace hitwatch::web {

// Whether `Origin` (RFC 6454, section 7) names another host or port than the request was sent to,
// or none that it would tell ("null"). Programs send no Origin. Any page may have a browser post
// here, from inside a network and as the machine's own user: what changes something is to refuse
// that.
bool is_cross_origin(const Request& request);

}  // namespace hitwatch::web
