// What is said on one connection: pairs requests with replies and tells what each command found.
//
// A connection that was seen from its first byte is trusted. One that was met in its middle, or on
// which something was lost, is not until it has proved that requests and replies are paired as the
// server pairs them; until then nothing of it counts:
//   kLost      a request has to begin a segment of the client, which has acknowledged all of the
//              server's bytes, while none is outstanding
//   kProving   pairs are made but not told. An unknown request that was still outstanding would
//              shift all replies by one; its reply comes while nothing is outstanding (or does not
//              fit its request, or was sent before its request had arrived), and that leads back to
//              kLost. Several silences with nothing outstanding, each longer than the server takes
//              for its replies, prove that there is none.
//   kTrusted
// Any contradiction leads to kLost: outstanding requests are dropped, not guessed at.
#pragma once

#include "collectors/tap/packets/buffer_pool.h"
#include "collectors/tap/packets/reassembly.h"
#include "collectors/tap/resp/exchange.h"

namespace hitwatch::resp {

// What all conversations of a tap share; outlives them.
struct Surroundings {
  ExchangeSink& sink;
  packets::BufferPool& pool;
  Doubts doubts = {};
};

// Bounds, per connection.
constexpr std::size_t kMaxOutstanding = 64U << 10;  // bytes of outstanding requests: keys and such
constexpr std::size_t kMaxKeys = 1024;              // of one command that are told one by one
constexpr std::size_t kMaxKeyBytes = 1024;  // of one key; a longer one is not told, its command is

class Conversation final : public packets::StreamHandler {
 public:
  Conversation(Surroundings& surroundings, const packets::Endpoint& client,
               const packets::Endpoint& server);
  ~Conversation() override;

  // The connection's first bytes come next: of a SYN that was seen.
  void begins();

  void bytes(const packets::Chunk& chunk) override;
  void lost(packets::Side side, std::uint64_t count, packets::Time time) override;
  void repeated(packets::Side side) override;

  bool is_trusted() const;
  std::size_t held() const;  // bytes of buffers

 private:
  // …
};

}  // namespace hitwatch::resp
