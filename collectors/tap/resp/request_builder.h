// Makes the record of a request of its arguments: which command it is, its keys, how much it
// writes, and the words that change what its reply means.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/tap/resp/client_name.h"
#include "collectors/tap/resp/command_table.h"
#include "collectors/tap/resp/outstanding.h"
#include "collectors/tap/resp/request_reader.h"

namespace hitwatch::resp {

class RequestBuilder {
 public:
  // What CLIENT REPLY says.
  enum class ReplyMode : std::uint8_t { kNone, kOn, kOff, kSkip };

  // `arguments` may be 0: not known. False if there is no room for a record.
  bool begin(std::uint32_t arguments, Outstanding& outstanding);
  // False if there is no room.
  bool argument(const RequestEvent& piece, Outstanding& outstanding, ClientName& client);
  // Whether the bytes of the argument that is being read matter, or of the next one if no piece of
  // that was taken yet.
  bool is_wanted(bool is_begun) const { return is_begun ? is_wanted_ : wants(); }
  // Of bytes that were not seen.
  void passed_over(std::uint64_t count) { length_ += count; }
  // Fills the record but for what the stream says; it is still to be committed.
  Record& finish(Outstanding& outstanding);

  const CommandRow& command() const { return *row_; }
  // What a proxy says before everything else (https://www.haproxy.org/, proxy protocol version 1).
  bool is_proxy_line() const { return is_proxy_line_; }
  ReplyMode reply_mode() const { return reply_mode_; }

 private:
  // What comes next among HELLO's arguments; secrets are not looked at.
  enum class Hello : std::uint8_t { kWord, kName, kUser, kPassword };

  bool wants() const;
  bool wants_word() const;
  bool is_key() const;
  bool begin_slot(Outstanding& outstanding);
  void complete(std::string_view text, Outstanding& outstanding, ClientName& client);
  void name(std::string_view text, Outstanding& outstanding);
  void word(std::string_view text, ClientName& client);
  void hello(std::string_view text, ClientName& client);
  void key(std::string_view text, bool is_in_slot, Outstanding& outstanding);
  void value(Outstanding& outstanding) const;

  const CommandRow* row_ = nullptr;
  std::uint32_t arguments_ = 0;  // with the name; 0: not known
  std::uint32_t index_ = 0;      // of the argument that is being read
  std::uint32_t keys_ = 0;
  std::uint32_t keys_from_ = 0;  // the counted ones, or those after STREAMS
  std::uint32_t keys_to_ = 0;    // beyond the last
  std::uint64_t length_ = 0;     // of the argument so far
  std::uint16_t flags_ = 0;      // Record::Flag
  bool is_wanted_ = false;
  bool is_cut_ = false;  // the argument is longer than what is kept of it
  bool has_slot_ = false;
  Hello hello_ = Hello::kWord;
  bool is_library_name_ = false;
  bool is_proxy_line_ = false;
  ReplyMode reply_mode_ = ReplyMode::kNone;
};

}  // namespace hitwatch::resp
