// What a sentinel could have said, as replies.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "collectors/redis/reply.h"

namespace hitwatch::topology {

inline redis::Reply told_text(std::string text) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::kString;
  reply.text = std::move(text);
  return reply;
}

inline redis::Reply told_array(std::vector<redis::Reply> elements) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::kArray;
  reply.elements = std::move(elements);
  return reply;
}

// {"name", "cache", "ip", "10.0.0.1", …}
inline redis::Reply told_fields(const std::vector<std::string>& texts) {
  std::vector<redis::Reply> elements;
  for (const std::string& text : texts) elements.push_back(told_text(text));
  return told_array(std::move(elements));
}

inline redis::Reply told_server(const std::string& ip, int port, const std::string& flags = "slave",
                                const std::string& run_id = "") {
  return told_fields({"name", ip + ":" + std::to_string(port), "ip", ip, "port",
                      std::to_string(port), "runid", run_id, "flags", flags});
}

}  // namespace hitwatch::topology
