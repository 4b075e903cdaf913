#include "collectors/tap/resp/conversation.h"

#include <algorithm>

namespace hitwatch::resp {
namespace {

using packets::Chunk;
using packets::Side;

constexpr packets::Time kShortestSilence = 200'000;
constexpr packets::Time kSafeSilence = 5'000'000;  // while it is not known how long replies take
constexpr std::uint64_t kTimedToKnow = 1000;
constexpr int kSilencesNeeded = 3;
constexpr int kQuietMomentsNeeded = 512;

constexpr std::string_view kProxySignature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kProxyHeader = 16;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Takes `mark`, a number and the end of its line off the front.
bool take_count(std::string_view& bytes, char mark) {
  if (!bytes.starts_with(mark)) return false;
  std::size_t i = 1;
  while (i < bytes.size() && is_digit(bytes[i])) ++i;
  if (i == 1 || bytes.substr(i, 2) != "\r\n") return false;
  bytes.remove_prefix(i + 2);
  return true;
}

// TLS records (RFC 8446, 5.1) of kinds that can be met: 20 to 23, of versions 3.0 to 3.4.
bool is_tls(std::string_view bytes, bool from_start) {
  if (bytes.size() < 3 || bytes[1] != 3 || bytes[2] < 0 || bytes[2] > 4) return false;
  return from_start ? bytes[0] == 0x16 : bytes[0] >= 0x14 && bytes[0] <= 0x17;
}

}  // namespace

Conversation::Conversation(Surroundings& surroundings, const packets::Endpoint& client,
                           const packets::Endpoint& server, std::uint16_t network_namespace)
    : around_(&surroundings),
      peer_{.client = client,
            .server = server,
            .network_namespace = network_namespace,
            .library = {}},
      outstanding_(surroundings.pool) {}

Conversation::~Conversation() = default;

void Conversation::begins() {
  may_be_taken_over_ = false;
  lose();
  name_ = {};
  is_first_ = true;
  client_offset_ = server_offset_ = untimed_until_ = 0;
  request_start_ = reply_start_ = 0;
  state_ = State::kTrusted;
}

void Conversation::bytes(const Chunk& chunk) {
  if (state_ == State::kIgnored || chunk.bytes.empty()) return;
  if (chunk.side == Side::kClient) {
    client_bytes(chunk);
  } else {
    server_bytes(chunk);
  }
  last_time_ = chunk.time;
}

void Conversation::client_bytes(const Chunk& chunk) {
  std::string_view bytes = chunk.bytes;
  if (is_first_) {
    is_first_ = false;
    if (is_tls(bytes, state_ == State::kTrusted)) {
      ignore(around_->doubts.tls_connections);
      return;
    }
    bytes = without_prefix(bytes);
  }
  client_offset_ += chunk.bytes.size();
  if (state_ != State::kTrusted) {
    if (chunk.begins_segment) ++around_->doubts.skipped_while_unsure;
    if (state_ == State::kLost) {
      if (!picks_up(chunk)) return;
      state_ = State::kProving;
      request_start_ = client_offset_ - bytes.size();
    } else {
      prove(chunk.time);
    }
  }
  read_requests(bytes, chunk.time);
}

// What a proxy says of the client before its first bytes (https://www.haproxy.org/, proxy protocol
// version 2); version 1 is a line, which reads as an inline command.
std::string_view Conversation::without_prefix(std::string_view bytes) {
  if (bytes.size() < kProxyHeader || !bytes.starts_with(kProxySignature)) return bytes;
  const std::size_t length =
      static_cast<std::uint8_t>(bytes[14]) * 256U + static_cast<std::uint8_t>(bytes[15]);
  if (bytes.size() < kProxyHeader + length) return bytes;
  return bytes.substr(kProxyHeader + length);
}

// A request that begins a segment, at a moment when the client had everything that the server had
// said: as far as one can see nothing is outstanding.
bool Conversation::picks_up(const Chunk& chunk) const {
  if (!chunk.begins_segment || chunk.behind != 0) return false;
  std::string_view bytes = chunk.bytes;
  return take_count(bytes, '*') && take_count(bytes, '$') && !bytes.empty() &&
         is_letter(bytes.front());
}

bool Conversation::has_nothing_outstanding() const {
  return outstanding_.is_empty() && unrecorded_ == 0 && !outstanding_.is_open() &&
         requests_.at_start();
}

// A request comes: was it silent before, with nothing outstanding?
void Conversation::prove(packets::Time time) {
  if (!has_nothing_outstanding()) return;
  const packets::Time silence = time - last_time_;
  const packets::Time pause = std::max(kShortestSilence, 2 * longest_latency_);
  const packets::Time safe = around_->timed < kTimedToKnow ? kSafeSilence : 4 * around_->slowest;
  if (silence > pause && pauses_ < kSilencesNeeded) ++pauses_;
  if (silence > std::max(pause, safe)) ++silences_;
  ++quiet_moments_;
  const bool is_proved = silences_ >= kSilencesNeeded ||
                         (quiet_moments_ >= kQuietMomentsNeeded && pauses_ >= kSilencesNeeded);
  if (!is_proved) return;
  state_ = State::kTrusted;
  ++around_->doubts.pickups;
}

void Conversation::lost(Side side, std::uint64_t count, packets::Time time) {
  if (state_ == State::kIgnored) return;
  if (side == Side::kClient) {
    is_first_ = false;
    client_offset_ += count;
    if (state_ == State::kLost) return;
    const std::uint64_t left = requests_.argument_left();
    if (!requests_.in_argument() || builder_.is_wanted(requests_.is_argument_begun()) ||
        !requests_.skip(count)) {
      gap();
      return;
    }
    builder_.passed_over(std::min(count, left));
    untimed_until_ = client_offset_;
    read_requests({}, time);
  } else {
    server_offset_ += count;
    if (state_ == State::kLost) return;
    if (!replies_.skip(count)) {
      gap();
      return;
    }
    read_replies({}, time, first_acknowledged_);
  }
}

void Conversation::repeated(Side side) {
  if (side == Side::kClient) untimed_until_ = client_offset_;
}

void Conversation::contradiction() {
  ++around_->doubts.contradictions;
  lose();
}

void Conversation::gap() {
  ++around_->doubts.gaps;
  lose();
}

void Conversation::lose() {
  if (state_ == State::kTrusted) {
    around_->doubts.lost_requests += outstanding_.count() + outstanding_.queued() + unrecorded_;
  }
  outstanding_.clear();
  requests_ = {};
  replies_ = {};
  channels_ = {};
  is_reply_off_ = skips_reply_ = is_after_skip_ = client_in_multi_ = in_multi_ = has_messages_ =
      false;
  is_exec_ = is_message_ = is_push_ = has_child_ = is_unrecorded_ = false;
  silences_ = pauses_ = 0;
  quiet_moments_ = 0;
  is_transaction_cut_ = false;
  awaited_ = unrecorded_ = until_exec_ = unrecorded_queued_ = 0;
  longest_latency_ = 0;
  state_ = State::kLost;
  // What follows may be no replies.
  if (may_be_taken_over_) ignore(around_->doubts.replication_connections);
}

void Conversation::ignore(std::uint64_t& reason) {
  may_be_taken_over_ = false;
  lose();
  ++reason;
  state_ = State::kIgnored;
}

}  // namespace hitwatch::resp
