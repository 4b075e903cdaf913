// How long DNS says that a name's addresses hold: getaddrinfo() does not tell.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace hitwatch::net {

// The smallest TTL among the addresses and aliases (A, AAAA, CNAME) in the answer of a message (RFC
// 1035 section 4); nothing if it is no answer or has none. A TTL with its highest bit set is 0 (RFC
// 2181 section 8).
std::optional<std::chrono::seconds> shortest_ttl(std::span<const std::uint8_t> message);

// Asks the name servers of the system's configuration, or `server` alone, with its search list;
// blocks for some seconds at most. Nothing where DNS does not know the name.
std::optional<std::chrono::seconds> ask_ttl(const std::string& host,
                                            const sockaddr_in* server = nullptr);

}  // namespace hitwatch::net
