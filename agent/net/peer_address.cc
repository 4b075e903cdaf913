#include "agent/net/peer_address.h"

#include <charconv>

namespace hitwatch::net {

PeerAddress split_peer_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  PeerAddress peer{.host = text.substr(0, colon)};
  if (peer.host.starts_with('[') && peer.host.ends_with(']')) {
    peer.host = peer.host.substr(1, peer.host.size() - 2);
  }
  const std::string_view digits = text.substr(colon + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), peer.port);
  return peer;
}

}  // namespace hitwatch::net
