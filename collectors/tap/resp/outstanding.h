// The requests of a connection that wait for their replies, oldest first, and before those the ones
// that wait for EXEC.
//
// They stand one after another in a buffer of the pool, which is there only while there are any:
//
//   ┌ queued for EXEC ┬ outstanding ┬ being read ┐
//   begin_            head_         tail_        end_
//
// A record is followed by its keys, each preceded by a slot. Offsets count from begin_, and so
// stand until a record is popped or dropped; references only until something is added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collectors/tap/packets/buffer_pool.h"
#include "collectors/tap/packets/segment.h"

namespace hitwatch::resp {

// What is to be known of a request when its reply comes.
struct Record {
  enum Flag : std::uint16_t {
    kPartial = 1U << 0U,     // asks for a part, so that an empty reply tells nothing
    kGets = 1U << 1U,        // SET … GET
    kWrites = 1U << 2U,      // BITFIELD that is no read
    kUnseen = 1U << 3U,      // looks up what only the server knows
    kBlocks = 1U << 4U,      // may wait for others
    kNoReply = 1U << 5U,     // of CLIENT REPLY
    kNamed = 1U << 6U,       // unknown to the table: its first slot is its name
    kRefused = 1U << 7U,     // was not queued by MULTI
    kUntimed = 1U << 8U,     // its time is not known
    kKeysFull = 1U << 9U,    // there was no room for further keys
    kAfterSkip = 1U << 10U,  // the next one with a reply after CLIENT REPLY SKIP
  };
  packets::Time time;   // of its last byte
  std::uint32_t end;    // where in the client's stream, modulo 2^32
  std::uint32_t bytes;  // at most 2^32 - 1
  std::uint32_t arguments;
  std::uint32_t keys;  // also those that have no slot
  std::uint16_t row;
  std::uint16_t flags;
  std::uint16_t slots;
  std::uint16_t size;  // in units of kUnit, with slots

  static constexpr std::uint32_t kUnit = 8;
  bool has(Flag flag) const { return (flags & flag) != 0; }
  void set(Flag flag) { flags = static_cast<std::uint16_t>(flags | flag); }
};
static_assert(sizeof(Record) == 32);

struct KeySlot {
  static constexpr std::uint16_t kTooLong = 0xffff;

  std::uint32_t bytes;   // written, or read where there is an element for each key
  std::uint16_t length;  // of the key, which follows; kTooLong: it does not
  std::uint8_t hits;     // of the element for this key
  std::uint8_t misses;
};
static_assert(sizeof(KeySlot) == 8);

class Outstanding {
 public:
  explicit Outstanding(packets::BufferPool& pool) : pool_(&pool) {}

  // --- the request that is being read

  // Begins one; false if there is no room.
  bool open();
  bool is_open() const { return end_ != tail_; }
  Record& opened() { return *at(tail_); }
  std::uint32_t opened_offset() const { return tail_ - begin_; }
  // Begins a slot, of a key or of something that is wanted only for a moment. False if there is no
  // room; the same for the next.
  bool open_slot(bool is_key);
  bool append(std::string_view bytes);
  std::string_view slot_text() const;
  void keep_slot(bool is_too_long);
  void drop_slot();
  KeySlot* last_slot() { return last_slot_ == 0 ? nullptr : slot_at(last_slot_); }
  // It is outstanding now.
  void commit();
  // It needs no reply.
  void drop_opened();

  // --- those that were read

  bool is_empty() const { return head_ == tail_; }
  // So full that what is being read should not become outstanding.
  bool is_full() const { return end_ - begin_ > kFull; }
  std::uint32_t count() const { return count_; }
  std::uint32_t front() const { return head_ - begin_; }
  // Those that are queued are dropped before.
  void pop();
  // The first one waits for EXEC from now on.
  void queue();
  // Queued are those from offset 0 to front(), each followed by next().
  std::uint32_t next(std::uint32_t record) const;
  std::uint32_t queued() const { return queued_; }  // those that were not refused
  void refuse(std::uint32_t record);
  void drop_queued();
  void clear();

  Record& record(std::uint32_t offset) { return *at(begin_ + offset); }
  // The slots of a record: the first, and the one after another.
  std::uint32_t first_slot(std::uint32_t record) const { return record + sizeof(Record); }
  std::uint32_t next_slot(std::uint32_t slot) {
    return slot + sizeof(KeySlot) + room(*slot_at(begin_ + slot));
  }
  KeySlot& slot(std::uint32_t offset) { return *slot_at(begin_ + offset); }
  std::string_view key(std::uint32_t slot);

  std::size_t held() const { return buffer_.size(); }

 private:
  static std::uint32_t room(const KeySlot& slot);
  Record* at(std::uint32_t offset) const;
  KeySlot* slot_at(std::uint32_t offset) const;
  bool reserve(std::uint32_t more);
  bool grow(std::uint32_t need);
  void rebase();
  void release_if_unused();

  // The rest is for a request that is being read: its record and a word in pieces.
  static constexpr std::uint32_t kFull = packets::BufferPool::kLargest - 2048;

  packets::BufferPool* pool_;
  packets::BufferPool::Buffer buffer_;
  std::uint32_t begin_ = 0;
  std::uint32_t head_ = 0;
  std::uint32_t tail_ = 0;
  std::uint32_t end_ = 0;
  std::uint32_t slot_ = 0;       // that is being filled; 0: none
  std::uint32_t last_slot_ = 0;  // that was kept of the request that is being read; 0: none
  std::uint32_t slot_end_ = 0;   // of what was appended
  std::uint32_t count_ = 0;
  std::uint32_t queued_ = 0;
};

}  // namespace hitwatch::resp
