// Who is at the other end of a connection, as servers write it.
#pragma once

#include <cstdint>
#include <string_view>

namespace hitwatch::net {

struct PeerAddress {
  std::string_view host;   // without brackets; "" if it is not known
  std::uint16_t port = 0;  // 0: none

  bool operator==(const PeerAddress&) const = default;
};

// Of "127.0.0.1:50514", "[::1]:50514" or "/run/redis.sock:0"; Redis writes "::1:50514" in places.
// Without a colon there is no host.
PeerAddress split_peer_address(std::string_view text);

}  // namespace hitwatch::net
