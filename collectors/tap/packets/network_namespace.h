// Opens sockets in another network namespace: a socket stays in the one it was made in.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace hitwatch::packets {

// The file of a namespace: what `ip netns` calls NAME is /run/netns/NAME; a number is that
// process' (/proc/N/ns/net); a path is itself.
std::string namespace_file(std::string_view name);

// What tells a network namespace from all others of this machine.
struct NamespaceId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const NamespaceId&) const = default;
};

// Of the namespace that has that name now. Fails with an errno: ENOENT where there is none.
std::expected<NamespaceId, int> id_of_namespace(std::string_view name);

// Calls `work` on a thread of its own inside of that namespace and waits for it. Which one it was;
// fails with a sentence where the namespace cannot be entered (CAP_SYS_ADMIN) or is not there. ""
// is the namespace of the caller, of which nothing is told.
std::expected<NamespaceId, std::string> in_network_namespace(std::string_view name,
                                                             const std::function<void()>& work);

}  // namespace hitwatch::packets
