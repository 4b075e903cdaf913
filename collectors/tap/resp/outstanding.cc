#include "collectors/tap/resp/outstanding.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hitwatch::resp {
namespace {

constexpr std::uint32_t kLargest = packets::BufferPool::kLargest;
// Room that keys leave, so that requests without theirs can be told at least.
constexpr std::uint32_t kForRecords = kLargest / 4;

constexpr std::uint32_t rounded(std::uint32_t size) {
  return (size + Record::kUnit - 1) / Record::kUnit * Record::kUnit;
}

}  // namespace

Record* Outstanding::at(std::uint32_t offset) const {
  // NOLINTNEXTLINE(bugprone-casting-through-void): buffers are aligned, records are trivial
  return static_cast<Record*>(static_cast<void*>(buffer_.data() + offset));
}

KeySlot* Outstanding::slot_at(std::uint32_t offset) const {
  // NOLINTNEXTLINE(bugprone-casting-through-void)
  return static_cast<KeySlot*>(static_cast<void*>(buffer_.data() + offset));
}

std::uint32_t Outstanding::room(const KeySlot& slot) {
  return slot.length == KeySlot::kTooLong ? 0 : rounded(slot.length);
}

std::string_view Outstanding::key(std::uint32_t slot) {
  const std::uint16_t length = slot_at(begin_ + slot)->length;
  if (length == KeySlot::kTooLong) return {};
  return {buffer_.data() + begin_ + slot + sizeof(KeySlot), length};
}

bool Outstanding::reserve(std::uint32_t more) {
  return end_ + more <= buffer_.size() || grow(more);
}

// Makes room by moving what is there to the front, if that gains enough, else in a larger buffer.
bool Outstanding::grow(std::uint32_t more) {
  const std::uint32_t used = end_ - begin_;
  if (used + more > kLargest) return false;
  const bool is_largest = buffer_.size() == kLargest;
  if (used + more <= buffer_.size() && (begin_ >= buffer_.size() / 8 || is_largest)) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, used);
    rebase();
    return true;
  }
  const std::size_t size = std::max<std::size_t>(used + more, buffer_.size() * 2);
  packets::BufferPool::Buffer larger = pool_->take(std::min<std::size_t>(size, kLargest));
  if (!larger) return false;
  if (used > 0) std::memcpy(larger.data(), buffer_.data() + begin_, used);
  buffer_ = std::move(larger);
  rebase();
  return true;
}

// After everything was moved by begin_.
void Outstanding::rebase() {
  head_ -= begin_;
  tail_ -= begin_;
  end_ -= begin_;
  if (slot_ != 0) slot_ -= begin_;
  if (last_slot_ != 0) last_slot_ -= begin_;
  slot_end_ -= begin_;
  begin_ = 0;
}

bool Outstanding::open() {
  if (!reserve(sizeof(Record))) return false;
  *at(end_) = Record{};
  end_ += sizeof(Record);
  slot_ = last_slot_ = 0;
  return true;
}

bool Outstanding::open_slot(bool is_key) {
  if (is_key && end_ - begin_ > kLargest - kForRecords) return false;
  if (!reserve(sizeof(KeySlot))) return false;
  slot_ = end_;
  *slot_at(slot_) = KeySlot{};
  slot_end_ = slot_ + sizeof(KeySlot);
  end_ = slot_end_;
  return true;
}

bool Outstanding::append(std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  // What follows is aligned, so there has to be room for that, too.
  if (slot_end_ + rounded(size) + Record::kUnit > buffer_.size() &&
      !grow(rounded(size) + Record::kUnit))
    return false;
  std::copy(bytes.begin(), bytes.end(), buffer_.data() + slot_end_);
  slot_end_ += size;
  end_ = slot_ + rounded(slot_end_ - slot_);
  return true;
}

std::string_view Outstanding::slot_text() const {
  const std::uint32_t text = slot_ + sizeof(KeySlot);
  return {buffer_.data() + text, slot_end_ - text};
}

void Outstanding::keep_slot(bool is_too_long) {
  KeySlot& slot = *slot_at(slot_);
  if (is_too_long) end_ = slot_ + sizeof(KeySlot);
  slot.length = is_too_long ? KeySlot::kTooLong
                            : static_cast<std::uint16_t>(slot_end_ - slot_ - sizeof(KeySlot));
  last_slot_ = slot_;
  slot_ = 0;
  ++opened().slots;
}

void Outstanding::drop_slot() {
  end_ = slot_;
  slot_ = 0;
}

void Outstanding::commit() {
  opened().size = static_cast<std::uint16_t>((end_ - tail_) / Record::kUnit);
  tail_ = end_;
  ++count_;
}

void Outstanding::drop_opened() {
  end_ = tail_;
  release_if_unused();
}

std::uint32_t Outstanding::next(std::uint32_t record) const {
  return record + at(begin_ + record)->size * Record::kUnit;
}

void Outstanding::pop() {
  head_ += at(head_)->size * Record::kUnit;
  begin_ = head_;
  queued_ = 0;
  --count_;
  release_if_unused();
}

void Outstanding::queue() {
  head_ += at(head_)->size * Record::kUnit;
  --count_;
  ++queued_;
}

void Outstanding::refuse(std::uint32_t record) {
  at(begin_ + record)->set(Record::kRefused);
  --queued_;
}

void Outstanding::drop_queued() {
  begin_ = head_;
  queued_ = 0;
  release_if_unused();
}

void Outstanding::clear() {
  begin_ = head_ = tail_ = end_ = 0;
  slot_ = last_slot_ = slot_end_ = 0;
  count_ = queued_ = 0;
  buffer_ = {};
}

void Outstanding::release_if_unused() {
  if (begin_ == end_) clear();
}

}  // namespace hitwatch::resp
