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
//              kLost. As soon as nothing is outstanding in truth, for however short a moment, it
//              has come. So the shift lasts only where something always is, and its reply never
//              comes before the next request. Against that speak
//                - three silences, each longer than replies take: of connections that are trusted,
//                  and on this one, where they may only seem to be short
//                - hundreds of moments at which nothing seemed to be outstanding when a request
//                  came, three of them silences by what replies seem to take here
//   kTrusted
// Any contradiction leads to kLost: outstanding requests are dropped, not guessed at.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "collectors/tap/packets/buffer_pool.h"
#include "collectors/tap/packets/reassembly.h"
#include "collectors/tap/resp/answer.h"
#include "collectors/tap/resp/bounds.h"
#include "collectors/tap/resp/channels.h"
#include "collectors/tap/resp/client_name.h"
#include "collectors/tap/resp/exchange.h"
#include "collectors/tap/resp/outstanding.h"
#include "collectors/tap/resp/reply_reader.h"
#include "collectors/tap/resp/request_builder.h"
#include "collectors/tap/resp/request_reader.h"

namespace hitwatch::resp {

// What all conversations of a tap share; outlives them.
struct Surroundings {
  ExchangeSink& sink;
  packets::BufferPool& pool;
  Doubts doubts = {};
  packets::Time slowest = 0;      // of the replies on trusted connections; fades
  std::uint64_t timed = 0;        // of these
  std::vector<KeyUse> uses = {};  // of the exchange that is told
};

class Conversation final : public packets::StreamHandler {
 public:
  // The addresses are of that network namespace.
  Conversation(Surroundings& surroundings, const packets::Endpoint& client,
               const packets::Endpoint& server, std::uint16_t network_namespace = 0);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation() override;

  // The connection's first bytes come next: of a SYN that was seen.
  void begins();

  void bytes(const packets::Chunk& chunk) override;
  void lost(packets::Side side, std::uint64_t count, packets::Time time) override;
  void repeated(packets::Side side) override;

  bool is_trusted() const { return state_ == State::kTrusted; }
  std::size_t held() const { return outstanding_.held(); }  // bytes of buffers

 private:
  enum class State : std::uint8_t {
    kLost,
    kProving,
    kTrusted,
    kIgnored,  // encrypted, or of replication
  };

  // --- conversation.cc: how far the streams are trusted
  void client_bytes(const packets::Chunk& chunk);
  std::string_view without_prefix(std::string_view bytes);
  bool picks_up(const packets::Chunk& chunk) const;
  void prove(packets::Time time);
  bool has_nothing_outstanding() const;
  void contradiction();
  void gap();
  void lose();
  void ignore(std::uint64_t& reason);

  // --- requests.cc
  void read_requests(std::string_view bytes, packets::Time time);
  void end_request(std::uint64_t end, packets::Time time);
  void await(Effect effect);
  bool is_answered();

  // --- replies.cc
  void server_bytes(const packets::Chunk& chunk);
  void read_replies(std::string_view bytes, packets::Time time, std::uint64_t acknowledged);
  bool value(const ReplyEvent& event);
  bool aside(const ReplyEvent& event);
  bool begin_reply(const ReplyEvent& event);
  bool begin_unrecorded(const ReplyEvent& event);
  bool begin_of_exec(const ReplyEvent& event);
  bool begins_replication(char first);
  bool taken_over();
  bool part(const ReplyEvent& event);
  bool begin_child(const ReplyEvent& event);
  void end_child();
  void element(std::uint32_t record, const ReplyEvent& event);
  bool end_reply(std::uint64_t bytes);
  void take_effect(const Record& record);
  bool end_push();
  bool end_message();
  bool subscription_reply();
  bool was_acknowledged(const Record& record) const;
  bool is_queued_by_multi(const CommandRow& row) const;
  const CommandRow* front_row();

  // --- telling.cc
  void tell(std::uint32_t record, std::uint64_t reply_bytes, bool in_transaction);
  void tell_unanswered();
  Exchange exchange_of(std::uint32_t record);
  void tell_uses(std::uint32_t record, Exchange& exchange, const Answer::Found& found);
  KeyUse use_of(std::uint32_t record, std::uint32_t slot, std::uint32_t index,
                const Answer::Found& found);
  packets::Time latency(const Record& record) const;

  Surroundings* around_;
  Peer peer_;
  State state_ = State::kLost;
  bool is_first_ = true;  // nothing of the client was seen yet
  // As the client has asked for it, in the order of requests.
  bool is_reply_off_ = false;
  bool skips_reply_ = false;
  bool is_after_skip_ = false;  // and nothing since has a reply
  bool client_in_multi_ = false;
  bool is_transaction_cut_ = false;  // the rest of it is only counted
  bool may_be_taken_over_ = false;   // Effect::kTakeOver was asked for, the reply is to come
  // As the server has confirmed it, in the order of replies.
  bool in_multi_ = false;
  bool has_messages_ = false;  // RESP2: replies to subscriptions and messages are arrays
  // The reply that is being read.
  bool is_exec_ = false;     // of EXEC: its elements are replies
  bool is_message_ = false;  // perhaps a message of RESP2
  bool is_push_ = false;
  bool is_unrecorded_ = false;       // of a request that was only counted
  bool has_child_ = false;           // an element of EXEC has elements to come
  std::uint8_t index_ = 0;           // of elements of a push or message
  std::uint8_t silences_ = 0;        // that spoke for the pairs made
  std::uint8_t pauses_ = 0;          // silences by what replies seem to take
  std::uint16_t quiet_moments_ = 0;  // at which nothing seemed to be outstanding
  std::int32_t count_ = 0;           // elements of a push or message
  std::int64_t third_ = -1;          // its third one, if an integer
  std::uint32_t child_ = 0;          // the queued request whose reply is read
  std::uint32_t slot_ = 0;           // for the next element
  std::uint32_t slots_ = 0;          // that are left
  std::uint32_t awaited_ = 0;        // replies of the subscription at the front
  std::uint32_t unrecorded_ = 0;     // requests behind the outstanding ones that are only counted
  std::uint32_t until_exec_ = 0;     // of these up to EXEC, which ends a transaction; 0: none does
  std::uint32_t unrecorded_queued_ = 0;   // of the transaction
  packets::Time first_time_ = 0;          // of its first byte
  std::uint64_t first_acknowledged_ = 0;  // of the client's bytes, when it was sent
  std::uint64_t reply_start_ = 0;
  std::uint64_t request_start_ = 0;
  // How much of both streams was seen or is known to be lost.
  std::uint64_t client_offset_ = 0;
  std::uint64_t server_offset_ = 0;
  std::uint64_t untimed_until_ = 0;    // requests up to here have no time: repeated
  packets::Time waited_until_ = 0;     // requests up to here waited behind a blocking one
  packets::Time last_time_ = 0;        // of either side
  packets::Time longest_latency_ = 0;  // while proving; fades
  Answer answer_;
  Channels channels_;
  ClientName name_;
  RequestReader requests_;
  RequestBuilder builder_;
  Outstanding outstanding_;
  ReplyReader replies_;
};

}  // namespace hitwatch::resp
