// A poll as spans: the poll itself, and below it what its time went into. Pure.
#pragma once

#include <vector>

#include "agent/trace/span.h"
#include "collectors/redis/poll_result.h"
#include "collectors/redis/target.h"

namespace hitwatch {

// `poll` with its children `connect`, `tls handshake`, `auth` (where the poll made a connection),
// `round trip` (one for each write: until the last of its replies) and `parse`: the time it took to
// make samples of the replies. That is spent as they come; it is shown as one, at the end.
//
// Changes of the server (down, up, restart, reconnection, role, master) are events of the poll that
// saw them. `seen` are the spans of entries of the server's logs that it read: linked.
// `result.record` must be there.
std::vector<trace::Span> poll_spans(const redis::Target& target, const redis::PollResult& result,
                                    const trace::Context& poll,
                                    const std::vector<trace::Context>& seen);

// Whether somebody will ask about it: it failed, in part at least, or saw something.
bool is_notable(const redis::PollResult& result);

}  // namespace hitwatch
