// What a reply says to its request: whether it can be its reply at all, which error it is, and what
// it tells of the keys.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/tap/resp/command_table.h"
#include "collectors/tap/resp/exchange.h"
#include "collectors/tap/resp/outstanding.h"
#include "collectors/tap/resp/reply_reader.h"

namespace hitwatch::resp {

// Whether a reply may begin so.
bool fits(const Record& record, const ReplyEvent& reply);

struct ErrorKind {
  ReplyError error = ReplyError::kNone;
  std::string_view code = {};
  // Not before the command was called, which is what total_commands_processed counts.
  bool was_executed = true;
};
ErrorKind error_kind(const CommandRow& row, std::string_view text);

// A reply, as far as it matters.
class Answer {
 public:
  void begin(const ReplyEvent& reply);
  // One of its elements. `slot` is that of the key it is for, if there is one.
  void element(const ReplyEvent& element, KeySlot* slot);
  // An element of an element.
  void inner(const ReplyEvent& inner);

  ReplyType type() const { return type_; }
  bool is_error() const { return type_ == ReplyType::kError; }
  std::string_view text() const { return text_; }  // of the event; not kept
  std::uint64_t bytes() const { return bytes_; }   // of the strings

  // At the level of data: values that were found and not found.
  struct Data {
    std::uint32_t hits = 0;
    std::uint32_t misses = 0;
  };
  Data data(const Record& record) const;

  struct Found {
    Exchange::Lookups total = {};
    // Of the key that is looked up, or of each of them.
    Lookup lookup = Lookup::kNone;
    bool is_unseen = false;
  };
  Found found(const Record& record, const ErrorKind& error) const;

 private:
  bool is_empty() const;
  Lookup lookup(Asks asks, bool is_partial, std::uint32_t sources) const;
  Found of_error(const ErrorKind& error, std::uint32_t sources) const;

  ReplyType type_ = ReplyType::kNull;
  std::int64_t number_ = 0;
  std::string_view text_;
  std::uint64_t bytes_ = 0;
  std::uint32_t index_ = 0;  // of the next element
  std::uint32_t nils_ = 0;
  std::uint32_t others_ = 0;   // elements that are not nil
  bool has_positive_ = false;  // an element is neither nil nor 0
  bool has_field_ = false;     // an element is not -2
  bool has_inner_ = false;     // the second element has elements
};

// How many keys a command looks up.
std::uint32_t sources(const CommandRow& row, const Record& record);
// What it asks for, its words considered.
Asks asks(const CommandRow& row, const Record& record);

}  // namespace hitwatch::resp
