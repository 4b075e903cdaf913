// Opens sockets in another network namespace: a socket stays in the one it was made in.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace hitwatch::packets {

// The file of a namespace: what `ip netns` calls NAME is /run/netns/NAME; a number is that
// process' (/proc/N/ns/net); a path is itself.
std::string namespace_file(std::string_view name);

// Calls `work` on a thread of its own inside of that namespace and waits for it. Fails with a
// sentence where the namespace cannot be entered (CAP_SYS_ADMIN) or is not there; "" is the
// namespace of the caller.
std::expected<void, std::string> in_network_namespace(std::string_view name,
                                                      const std::function<void()>& work);

}  // namespace hitwatch::packets
