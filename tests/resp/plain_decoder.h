// A slow, obvious decoder: has both streams of a connection as a whole and without loss, builds
// trees of the replies and pairs them knowing all that came before and after. The judge of
// Conversation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::resp::test {

struct Reply {
  char type =
      0;  // '+', '-', ':', '$', '*', '%', '~', '>', '_', and so on; '_' also for $-1 and *-1
  std::string text;
  std::vector<Reply> elements;
};

std::vector<std::vector<std::string>> plain_requests(std::string_view stream);
std::vector<Reply> plain_replies(std::string_view stream);

// What a Conversation has to tell, as to_string(Told) puts it; in the order of requests. Knows the
// commands that random_session.h makes.
std::vector<std::string> plain_decode(std::string_view client, std::string_view server);

}  // namespace hitwatch::resp::test
