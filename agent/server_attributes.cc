#include "agent/server_attributes.h"

#include "agent/net/peer_address.h"

namespace hitwatch {

trace::Attributes server_attributes(const redis::Target& target) {
  trace::Attributes attributes;
  attributes.reserve(16);
  attributes.push_back({"db.system.name", "redis"});
  if (target.url.is_unix()) {
    attributes.push_back({"server.address", target.url.socket_path});
  } else {
    attributes.push_back({"server.address", target.url.host});
    attributes.push_back({"server.port", std::int64_t{target.url.port}});
  }
  attributes.push_back({"hitwatch.target", target.name()});
  return attributes;
}

trace::Attributes named_server_attributes(const std::string& name) {
  trace::Attributes attributes;
  attributes.push_back({"db.system.name", "redis"});
  if (name.empty()) return attributes;
  const net::PeerAddress address = net::split_peer_address(name);
  if (!address.host.empty() && address.port != 0) {
    attributes.push_back({"server.address", std::string(address.host)});
    attributes.push_back({"server.port", std::int64_t{address.port}});
  }
  attributes.push_back({"hitwatch.target", name});
  return attributes;
}

}  // namespace hitwatch
