// A conversation of which a test says both sides, and what it told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/tap/packets/buffer_pool.h"
#include "collectors/tap/resp/conversation.h"

namespace hitwatch::resp::test {

// An Exchange that owns what it names.
struct Told {
  std::string name;
  struct Use {
    std::string key;
    std::uint32_t hits = 0;
    std::uint32_t misses = 0;
    Lookup lookup = Lookup::kNone;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    bool operator==(const Use&) const = default;
  };
  std::vector<Use> uses;
  std::uint64_t hits = 0;  // lookups
  std::uint64_t misses = 0;
  std::uint64_t undecided = 0;
  ReplyError error = ReplyError::kNone;
  std::string code;
  std::string library;
  bool is_ours = false;
  bool in_transaction = false;
  bool unseen = false;
  bool executed = true;
  bool without_reply = false;
  std::uint64_t request_bytes = 0;
  std::uint64_t reply_bytes = 0;
  packets::Time time = 0;
  packets::Time latency = -1;
  bool operator==(const Told&) const = default;
};
// "GET a 1/0 hit 5 bytes": for messages and comparisons that a person reads.
std::string to_string(const Told& told);

class Teller final : public ExchangeSink {
 public:
  void exchange(const Exchange& exchange) override;
  std::vector<Told> told;
};

// *2 $3 GET $1 k.
std::string request(const std::vector<std::string>& arguments);
// The words of a line as a request: request_of("GET k").
std::string words(std::string_view line);

class Dialogue {
 public:
  explicit Dialogue(bool from_start = true);

  // A segment of a side: the client's a millisecond after the last one, the server's a tenth of
  // one; the server's acknowledge all of the client's bytes.
  void client(std::string_view bytes);
  void server(std::string_view bytes, std::int64_t behind = 0);
  void both(std::string_view line, std::string_view reply) {
    client(words(line));
    server(reply);
  }
  void wait(packets::Time nanoseconds) { time += nanoseconds; }

  // What was told since the last call, each as a line.
  std::vector<std::string> lines();

  packets::BufferPool pool{1U << 20U};
  Teller teller;
  Surroundings surroundings{.sink = teller, .pool = pool};
  Conversation conversation;
  packets::Time time = 1'000'000'000;
};

}  // namespace hitwatch::resp::test
