#include "agent/server_attributes.h"

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

}  // namespace hitwatch
