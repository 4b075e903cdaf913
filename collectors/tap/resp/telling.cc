// What a conversation tells of a request and its reply.
#include <algorithm>
#include <chrono>

#include "collectors/tap/resp/conversation.h"

namespace hitwatch::resp {
namespace {

// A file may claim any times: multiples of a latency are no overflow.
constexpr packets::Time kLongestLatency = std::chrono::nanoseconds(std::chrono::hours(1)).count();

}  // namespace

void Conversation::tell(std::uint32_t record, std::uint64_t reply_bytes, bool in_transaction) {
  const Record& request = outstanding_.record(record);
  const packets::Time taken = in_transaction ? -1 : latency(request);
  if (state_ != State::kTrusted) {
    constexpr packets::Time kFading = 64;  // an exception is not remembered for ever
    longest_latency_ = std::max(longest_latency_ - longest_latency_ / kFading, taken);
    return;
  }
  if (taken >= 0) {
    constexpr packets::Time kFading = 1024;
    around_->slowest = std::max(around_->slowest - around_->slowest / kFading, taken);
    ++around_->timed;
  }
  Exchange exchange = exchange_of(record);
  ErrorKind error;
  if (answer_.is_error()) error = error_kind(*exchange.command, answer_.text());
  const Answer::Found found = answer_.found(request, error);
  exchange.lookups = found.total;
  exchange.has_unseen_lookups = found.is_unseen;
  exchange.error = error.error;
  exchange.error_code = error.code;
  exchange.executed = error.was_executed;
  exchange.in_transaction = in_transaction;
  exchange.reply_bytes = reply_bytes;
  exchange.time = first_time_;
  exchange.latency = taken;
  tell_uses(record, exchange, found);
}

// Of CLIENT REPLY OFF and SKIP.
void Conversation::tell_unanswered() {
  if (state_ != State::kTrusted) return;
  const std::uint32_t record = outstanding_.opened_offset();
  const Record& request = outstanding_.record(record);
  // Another one may just be read.
  const Answer saved = answer_;
  answer_.begin({.kind = ReplyEvent::Kind::kValue, .type = ReplyType::kError});
  Exchange exchange = exchange_of(record);
  const Asks asked = asks(*exchange.command, request);
  exchange.has_unseen_lookups = asked != Asks::kNothing && asked != Asks::kOwnFields;
  exchange.without_reply = true;
  exchange.time = request.time;
  tell_uses(record, exchange, {});
  answer_ = saved;
}

Exchange Conversation::exchange_of(std::uint32_t record) {
  const Record& request = outstanding_.record(record);
  const CommandRow& row = row_at(request.row);
  peer_.library = name_.text();
  peer_.is_ours = name_.is_ours();
  std::string_view name = row.name.empty() ? "?" : row.name;
  if (request.has(Record::kNamed)) name = outstanding_.key(outstanding_.first_slot(record));
  return {.command = &row,
          .name = name,
          .peer = &peer_,
          .keys = {},
          .lookups = {},
          .request_bytes = request.bytes};
}

// Negative where it would not be the server's time for this request.
packets::Time Conversation::latency(const Record& record) const {
  if (record.has(Record::kBlocks) || record.has(Record::kUntimed) || record.time < waited_until_)
    return -1;
  // Repeated since: up to where, in the client's stream of which the record knows the lower half.
  const std::uint32_t distance = static_cast<std::uint32_t>(client_offset_) - record.end;
  if (client_offset_ - distance <= untimed_until_) return -1;
  return std::clamp<packets::Time>(first_time_ - record.time, -1, kLongestLatency);
}

void Conversation::tell_uses(std::uint32_t record, Exchange& exchange, const Answer::Found& found) {
  const Record& request = outstanding_.record(record);
  std::uint32_t slot = outstanding_.first_slot(record);
  std::uint32_t slots = request.slots;
  if (request.has(Record::kNamed)) {
    slot = outstanding_.next_slot(slot);
    --slots;
  }
  if (slots == 1) {
    const KeyUse use = use_of(record, slot, 0, found);
    if (outstanding_.slot(slot).length != KeySlot::kTooLong) exchange.keys = {&use, 1};
    around_->sink.exchange(exchange);
    return;
  }
  std::vector<KeyUse>& uses = around_->uses;
  uses.clear();
  for (std::uint32_t i = 0; i < slots; ++i) {
    if (outstanding_.slot(slot).length != KeySlot::kTooLong) {
      uses.push_back(use_of(record, slot, i, found));
    }
    slot = outstanding_.next_slot(slot);
  }
  exchange.keys = uses;
  around_->sink.exchange(exchange);
}

KeyUse Conversation::use_of(std::uint32_t record, std::uint32_t slot, std::uint32_t index,
                            const Answer::Found& found) {
  const Record& request = outstanding_.record(record);
  const CommandRow& row = row_at(request.row);
  const KeySlot& kept = outstanding_.slot(slot);
  KeyUse use{.key = outstanding_.key(slot)};
  if (row.bound == Bound::kPerKey) {
    use.lookup = found.lookup;
    if (answer_.is_error()) return use;
    use.hits = kept.hits;
    use.misses = kept.misses;
    use.bytes_out = kept.bytes;
    use.lookup = Lookup::kHit;
    if (kept.hits == 0) {
      use.lookup = row.asks == Asks::kPaths ? Lookup::kUndecided : Lookup::kMiss;
    }
    return use;
  }
  use.bytes_in = kept.bytes;
  const bool is_source =
      row.sources == Sources::kAllKeys || (index == 0) == (row.sources == Sources::kFirstKey);
  if (is_source) use.lookup = found.lookup;
  if (index > 0 || answer_.is_error()) return use;
  const Asks asked = asks(row, request);
  if (asked != Asks::kNothing && asked != Asks::kUnseen) use.bytes_out = answer_.bytes();
  const Answer::Data data = answer_.data(request);
  use.hits = data.hits;
  use.misses = data.misses;
  return use;
}

}  // namespace hitwatch::resp
