// The client's side of a conversation.
#include <algorithm>
#include <utility>

#include "collectors/tap/resp/conversation.h"

namespace hitwatch::resp {

void Conversation::read_requests(std::string_view bytes, packets::Time time) {
  for (;;) {
    const RequestEvent event = requests_.next(bytes);
    switch (event.kind) {
      case RequestEvent::Kind::kMore:
        return;
      case RequestEvent::Kind::kBegin:
        if (!builder_.begin(event.count, outstanding_)) return gap();
        break;
      case RequestEvent::Kind::kArgument:
        if (!builder_.argument(event, outstanding_, name_)) return gap();
        break;
      case RequestEvent::Kind::kEnd:
        end_request(client_offset_ - bytes.size(), time);
        break;
      case RequestEvent::Kind::kBroken:
        return contradiction();
    }
    if (state_ == State::kLost || state_ == State::kIgnored) return;
  }
}

void Conversation::end_request(std::uint64_t end, packets::Time time) {
  Record& record = builder_.finish(outstanding_);
  record.time = time;
  record.end = static_cast<std::uint32_t>(end);
  record.bytes =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(end - request_start_, 0xffffffffU));
  if (end <= untimed_until_) record.set(Record::kUntimed);
  request_start_ = end;
  if (record.has(Record::kKeysFull)) around_->doubts.too_many_keys += record.keys - record.slots;

  const Effect effect = builder_.command().effect;
  if (builder_.is_proxy_line() && end == record.bytes) {
    outstanding_.drop_opened();
  } else if (effect == Effect::kReplicate || (effect == Effect::kTakeOver && !is_answered())) {
    ignore(around_->doubts.replication_connections);
  } else if (is_answered()) {
    await(effect);
  } else if (client_in_multi_ || effect == Effect::kMulti || Channels::is_subscription(effect)) {
    // What the server does then is not seen.
    lose();
  } else {
    tell_unanswered();
    outstanding_.drop_opened();
  }
}

// The request has a reply to come.
void Conversation::await(Effect effect) {
  const bool is_after_skip = std::exchange(is_after_skip_, false);
  if (is_after_skip) outstanding_.opened().set(Record::kAfterSkip);
  if (effect == Effect::kTakeOver) may_be_taken_over_ = true;
  const bool was_in_multi = client_in_multi_;
  if (effect == Effect::kMulti) client_in_multi_ = true;
  if (effect == Effect::kExec || effect == Effect::kDiscard) client_in_multi_ = false;
  if (unrecorded_ == 0 && !is_transaction_cut_ && !outstanding_.is_full()) {
    outstanding_.commit();
    return;
  }
  // Too many are outstanding: from here on, until all are answered, replies are only counted. That
  // takes requests that have one reply each and change nothing; but a transaction may be ended.
  const bool ends_transaction = was_in_multi && effect == Effect::kExec;
  if ((effect != Effect::kNone && !ends_transaction) || is_after_skip || may_be_taken_over_) {
    return gap();
  }
  ++unrecorded_;
  if (ends_transaction) until_exec_ = unrecorded_;
  is_transaction_cut_ = client_in_multi_;
  outstanding_.drop_opened();
}

// What CLIENT REPLY has asked for.
bool Conversation::is_answered() {
  const bool skips = skips_reply_;
  skips_reply_ = false;
  if (builder_.command().effect == Effect::kReset) {
    is_reply_off_ = client_in_multi_ = false;
    return true;
  }
  switch (builder_.reply_mode()) {
    case RequestBuilder::ReplyMode::kOn:
      is_reply_off_ = false;
      return true;
    case RequestBuilder::ReplyMode::kOff:
      is_reply_off_ = true;
      return false;
    case RequestBuilder::ReplyMode::kSkip:
      skips_reply_ = is_after_skip_ = !is_reply_off_;
      return false;
    case RequestBuilder::ReplyMode::kNone:
      break;
  }
  return !is_reply_off_ && !skips;
}

}  // namespace hitwatch::resp
