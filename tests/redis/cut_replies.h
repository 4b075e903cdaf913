// What LongStrings must amount to: the replies as they are, and then their strings cut.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/redis/reply.h"

namespace hitwatch::redis {

struct ReadReplies {
  std::vector<Reply> replies;
  bool refused = false;  // what follows is not RESP, or exceeds a bound
};

inline ReadReplies read_replies(std::string_view bytes, std::size_t longest_string) {
  ReadReplies read;
  ReplyReader reader(longest_string);
  reader.feed(bytes);
  while (true) {
    auto reply = reader.next();
    read.refused = !reply;
    if (!reply || !*reply) return read;
    read.replies.push_back(**std::move(reply));
  }
}

inline void cut_strings(Reply& reply, std::size_t longest_string) {
  if (reply.kind == Reply::Kind::kString) {
    reply.text.resize(std::min(reply.text.size(), longest_string));
  }
  for (Reply& element : reply.elements) cut_strings(element, longest_string);
}

inline bool same(const Reply& a, const Reply& b) {
  return a.kind == b.kind && a.integer == b.integer && a.text == b.text &&
         std::ranges::equal(a.elements, b.elements, same);
}

}  // namespace hitwatch::redis
