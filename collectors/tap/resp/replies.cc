// The server's side of a conversation: which request a reply answers, and what that changes.
#include <algorithm>

#include "collectors/tap/resp/conversation.h"

namespace hitwatch::resp {
namespace {

// With what a server refuses CLIENT REPLY.
bool may_refuse_skip(const Answer& answer) {
  if (!answer.is_error()) return false;
  const std::string_view text = answer.text();
  return text.starts_with("NOPERM") || text.starts_with("NOAUTH") || text.starts_with("BUSY") ||
         text.starts_with("ERR unknown") || text.starts_with("ERR Unknown");
}

}  // namespace

void Conversation::server_bytes(const packets::Chunk& chunk) {
  server_offset_ += chunk.bytes.size();
  if (state_ == State::kLost) return;
  const std::int64_t acknowledged = static_cast<std::int64_t>(client_offset_) + chunk.behind;
  read_replies(chunk.bytes, chunk.time,
               static_cast<std::uint64_t>(std::max<std::int64_t>(acknowledged, 0)));
}

void Conversation::read_replies(std::string_view bytes, packets::Time time,
                                std::uint64_t acknowledged) {
  for (;;) {
    if (replies_.at_start() && !bytes.empty()) {
      first_time_ = time;
      first_acknowledged_ = acknowledged;
      reply_start_ = server_offset_ - bytes.size();
      if (begins_replication(bytes.front())) {
        taken_over();
        return;
      }
    }
    const ReplyEvent event = replies_.next(bytes);
    bool is_right = true;
    switch (event.kind) {
      case ReplyEvent::Kind::kMore:
        return;
      case ReplyEvent::Kind::kValue:
        is_right = value(event);
        break;
      case ReplyEvent::Kind::kEnd:
        is_right = is_message_ ? end_message() : end_reply(server_offset_ - bytes.size());
        break;
      case ReplyEvent::Kind::kAsideEnd:
        is_right = end_push();
        break;
      case ReplyEvent::Kind::kBroken:
        is_right = false;
        break;
    }
    if (!is_right) return contradiction();
    if (state_ == State::kLost || state_ == State::kIgnored) return;
  }
}

bool Conversation::value(const ReplyEvent& event) {
  if (event.is_aside) return aside(event);
  if (event.depth == 0) return begin_reply(event);
  if (is_message_) {
    if (event.depth == 1 && ++index_ == 3 && event.type == ReplyType::kInteger) {
      third_ = event.number;
    }
    return true;
  }
  return part(event);
}

// Part of a push or an attribute.
bool Conversation::aside(const ReplyEvent& event) {
  if (event.depth == 0) {
    is_push_ = event.type == ReplyType::kPush;
    count_ = static_cast<std::int32_t>(event.number);
    index_ = 0;
    third_ = -1;
  } else if (is_push_ && event.depth == 1 && index_ < 3 && ++index_ == 3 &&
             event.type == ReplyType::kInteger) {
    third_ = event.number;
  }
  return true;
}

const CommandRow* Conversation::front_row() {
  if (outstanding_.is_empty()) return nullptr;
  return &row_at(outstanding_.record(outstanding_.front()).row);
}

// Whether the server had the whole request when it sent the reply.
bool Conversation::was_acknowledged(const Record& record) const {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(first_acknowledged_) - record.end) >=
         0;
}

bool Conversation::is_queued_by_multi(const CommandRow& row) const {
  return in_multi_ && (row.effect < Effect::kMulti || row.effect > Effect::kReset);
}

bool Conversation::begin_reply(const ReplyEvent& event) {
  const CommandRow* row = front_row();
  if (event.type == ReplyType::kArray &&
      (has_messages_ || (row != nullptr && Channels::is_subscription(row->effect)))) {
    is_message_ = true;
    count_ = static_cast<std::int32_t>(event.number);
    index_ = 0;
    third_ = -1;
    return true;
  }
  if (row == nullptr) return begin_unrecorded(event);
  const Record& record = outstanding_.record(outstanding_.front());
  if (!was_acknowledged(record)) return false;
  answer_.begin(event);
  if (answer_.is_error()) return true;
  if (is_queued_by_multi(*row)) return event.type == ReplyType::kSimple && event.text == "QUEUED";
  if (Channels::is_subscription(row->effect)) return false;
  if (row->effect == Effect::kExec) return begin_of_exec(event);
  if (!fits(record, event)) return false;
  if (row->effect == Effect::kTakeOver) return taken_over();
  slot_ = outstanding_.first_slot(outstanding_.front());
  slots_ = row->bound == Bound::kPerKey ? record.slots : 0;
  return true;
}

// What a server sends for SYNC is no RESP: empty lines until the snapshot is made, for PSYNC as
// well, then that.
bool Conversation::begins_replication(char first) {
  const CommandRow* row = front_row();
  if (row == nullptr || row->effect != Effect::kTakeOver || in_multi_) return false;
  if (!was_acknowledged(outstanding_.record(outstanding_.front()))) return false;
  return first == '\n' || (first == '$' && (row->shapes & kBulk) != 0);
}

bool Conversation::taken_over() {
  outstanding_.pop();
  ignore(around_->doubts.replication_connections);
  return true;
}

// Behind the outstanding requests there may be some that were only counted.
bool Conversation::begin_unrecorded(const ReplyEvent& event) {
  if (unrecorded_ == 0) return false;
  is_unrecorded_ = true;
  slots_ = 0;
  const bool is_queued = event.type == ReplyType::kSimple && event.text == "QUEUED";
  if (event.type == ReplyType::kError) return true;
  if (until_exec_ == 1) {
    const std::int64_t count =
        static_cast<std::int64_t>(outstanding_.queued()) + unrecorded_queued_;
    return in_multi_ && (event.type == ReplyType::kNull ||
                         (event.type == ReplyType::kArray && event.number == count));
  }
  if (is_queued) ++unrecorded_queued_;
  return is_queued == in_multi_;
}

bool Conversation::begin_of_exec(const ReplyEvent& event) {
  if (!in_multi_) return false;
  if (event.type == ReplyType::kNull) return true;
  is_exec_ = true;
  has_child_ = false;
  child_ = 0;
  return event.type == ReplyType::kArray && event.number == outstanding_.queued();
}

// An element of a reply, or of one of those of EXEC.
bool Conversation::part(const ReplyEvent& event) {
  const int depth = event.depth - (is_exec_ ? 1 : 0);
  if (depth == 0) return begin_child(event);
  if (depth == 1) {
    KeySlot* slot = nullptr;
    if (slots_ > 0) {
      slot = &outstanding_.slot(slot_);
      slot_ = outstanding_.next_slot(slot_);
      --slots_;
    }
    answer_.element(event, slot);
  } else {
    answer_.inner(event);
  }
  return true;
}

// The next of the queued requests gets its reply.
bool Conversation::begin_child(const ReplyEvent& event) {
  if (has_child_) end_child();
  while (child_ < outstanding_.front() && outstanding_.record(child_).has(Record::kRefused)) {
    child_ = outstanding_.next(child_);
  }
  if (child_ >= outstanding_.front()) return false;
  const Record& record = outstanding_.record(child_);
  if (!fits(record, event)) return false;
  if (row_at(record.row).effect == Effect::kTakeOver && event.type != ReplyType::kError) {
    ignore(around_->doubts.replication_connections);
    return true;
  }
  answer_.begin(event);
  slot_ = outstanding_.first_slot(child_);
  slots_ = row_at(record.row).bound == Bound::kPerKey ? record.slots : 0;
  has_child_ = true;
  // What has no elements is complete, and its text is there only now.
  const bool has_elements = event.type == ReplyType::kArray || event.type == ReplyType::kMap ||
                            event.type == ReplyType::kSet;
  if (!has_elements) end_child();
  return true;
}

void Conversation::end_child() {
  has_child_ = false;
  tell(child_, 0, true);
  child_ = outstanding_.next(child_);
}

bool Conversation::end_reply(std::uint64_t end) {
  if (is_unrecorded_) {
    is_unrecorded_ = false;
    --unrecorded_;
    std::uint64_t lost = 1;
    if (until_exec_ > 0 && --until_exec_ == 0) {
      in_multi_ = false;
      lost += outstanding_.queued();
      outstanding_.drop_queued();
      unrecorded_queued_ = 0;
    }
    // Also where MULTI was refused: all is answered.
    if (unrecorded_ == 0 && !in_multi_) is_transaction_cut_ = client_in_multi_ = false;
    if (state_ == State::kTrusted) around_->doubts.lost_requests += lost;
    return true;
  }
  const std::uint32_t front = outstanding_.front();
  if (is_exec_ && has_child_) end_child();
  // Of an execution that was told already, what the whole of it says is that it was no error.
  const bool was_exec = is_exec_;
  is_exec_ = false;
  const Record& record = outstanding_.record(front);
  const CommandRow& row = row_at(record.row);
  // The server may have refused the SKIP: then this is its reply, and those that follow are of
  // others than they seem.
  if (record.has(Record::kAfterSkip) && may_refuse_skip(answer_)) {
    lose();
    return true;
  }
  if (was_exec) answer_.begin({.kind = ReplyEvent::Kind::kValue, .type = ReplyType::kArray});
  const bool is_queued = is_queued_by_multi(row);
  if (is_queued && !answer_.is_error()) {
    // What it would do to replies cannot be followed.
    if (Channels::is_subscription(row.effect) || row.effect == Effect::kReply ||
        row.effect == Effect::kHello) {
      lose();
      return true;
    }
    outstanding_.queue();
    return true;
  }
  take_effect(record);
  tell(front, end - reply_start_, false);
  if (record.has(Record::kBlocks)) waited_until_ = first_time_;
  if (in_multi_ && outstanding_.front() != 0) {
    // It answers for itself, while others wait before it.
    outstanding_.queue();
    outstanding_.refuse(front);
  } else {
    outstanding_.pop();
  }
  if (outstanding_.is_empty() && outstanding_.queued() == 0) may_be_taken_over_ = false;
  return true;
}

void Conversation::take_effect(const Record& record) {
  const bool is_error = answer_.is_error();
  switch (row_at(record.row).effect) {
    case Effect::kMulti:
      if (!is_error) in_multi_ = true;
      break;
    case Effect::kExec:
      // It ends the transaction even if it fails.
      in_multi_ = false;
      break;
    case Effect::kDiscard:
      if (!is_error) in_multi_ = false;
      break;
    case Effect::kReset:
      if (is_error) break;
      in_multi_ = has_messages_ = false;
      channels_ = {};
      break;
    case Effect::kHello:
      if (!is_error) has_messages_ = answer_.type() == ReplyType::kArray && channels_.is_any();
      break;
    default:
      break;
  }
}

// A push of RESP3 stands outside of replies: a message, or one of the replies to a subscription.
bool Conversation::end_push() {
  is_push_ = false;
  const CommandRow* row = front_row();
  if (row != nullptr && Channels::is_subscription(row->effect) && count_ == 3 && third_ >= 0 &&
      was_acknowledged(outstanding_.record(outstanding_.front()))) {
    has_messages_ = false;
    return subscription_reply();
  }
  ++around_->doubts.pushes;
  return true;
}

// The same as an array of RESP2.
bool Conversation::end_message() {
  is_message_ = false;
  const CommandRow* row = front_row();
  const bool can_be_reply =
      row != nullptr && was_acknowledged(outstanding_.record(outstanding_.front()));
  if (can_be_reply && Channels::is_subscription(row->effect) && count_ == 3 && third_ >= 0) {
    has_messages_ = true;
    return subscription_reply();
  }
  if (!has_messages_) return false;
  if (can_be_reply && row->name == "PING" && count_ == 2) {
    answer_.begin({.kind = ReplyEvent::Kind::kValue, .type = ReplyType::kArray});
    tell(outstanding_.front(), 0, false);
    outstanding_.pop();
    return true;
  }
  ++around_->doubts.pushes;
  return count_ == 3 || count_ == 4;
}

bool Conversation::subscription_reply() {
  const std::uint32_t front = outstanding_.front();
  const Record& record = outstanding_.record(front);
  const Effect effect = row_at(record.row).effect;
  if (awaited_ == 0) awaited_ = channels_.replies(effect, record.arguments - 1);
  if (awaited_ == 0) return false;
  channels_.replied(effect, third_);
  has_messages_ = has_messages_ && channels_.is_any();
  if (--awaited_ > 0) return true;
  answer_.begin({.kind = ReplyEvent::Kind::kValue, .type = ReplyType::kArray});
  tell(front, 0, false);
  outstanding_.pop();
  return true;
}

}  // namespace hitwatch::resp
