// Replies as a server gives them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "collectors/redis/reply.h"

namespace hitwatch::keyspace {

inline redis::Reply text_reply(std::string text) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::kString;
  reply.text = std::move(text);
  return reply;
}
inline redis::Reply error_reply(std::string text) {
  redis::Reply reply = text_reply(std::move(text));
  reply.kind = redis::Reply::Kind::kError;
  return reply;
}
inline redis::Reply number_reply(std::int64_t number) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::kInteger;
  reply.integer = number;
  return reply;
}
inline redis::Reply array_reply(std::vector<redis::Reply> elements) {
  redis::Reply reply;
  reply.kind = redis::Reply::Kind::kArray;
  reply.elements = std::move(elements);
  return reply;
}

}  // namespace hitwatch::keyspace
