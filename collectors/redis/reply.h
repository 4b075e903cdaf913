// Replies of a Redis server (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/)
// and the bounded reader that makes them from bytes.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/error.h"

namespace hitwatch::redis {

struct Reply {
  enum class Kind : std::uint8_t { kNil, kString, kStatus, kError, kInteger, kArray };

  Kind kind = Kind::kNil;
  std::int64_t integer = 0;     // of kInteger
  std::string text;             // of kString, kStatus and kError
  std::vector<Reply> elements;  // of kArray

  bool is_error() const { return kind == Kind::kError; }
  bool is_array() const { return kind == Kind::kArray; }
  // The text of strings and statuses, else "".
  std::string_view string() const {
    return kind == Kind::kString || kind == Kind::kStatus ? std::string_view(text)
                                                          : std::string_view();
  }
  // An integer, or a string that is one in full.
  std::optional<std::int64_t> as_integer() const;
};

// Turns bytes into replies. Bounds: 64 MiB for one reply, 1,000,000 elements for one array, eight
// levels of nesting. Whatever exceeds them, or is not RESP2, is an error that says which, and the
// reader is unusable from then on.
class ReplyReader {
 public:
  static constexpr std::size_t kMaxReplyBytes = 64U << 20;
  static constexpr std::size_t kMaxElements = 1'000'000;

  // Strings of more than `longest_string` bytes are cut to that before they are counted or kept
  // (LongStrings); 0 cuts none.
  explicit ReplyReader(std::size_t longest_string = 0);
  ~ReplyReader();
  ReplyReader(ReplyReader&&) noexcept;
  ReplyReader& operator=(ReplyReader&&) noexcept;

  // Takes bytes as they came from the socket.
  void feed(std::string_view bytes);
  // The next whole reply; nothing if more bytes are needed; Reason::kProtocol if they are no RESP.
  std::expected<std::optional<Reply>, net::Error> next();
  // Gives back the memory of replies past, if none is under way.
  void rest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Appends `args` as a RESP array of bulk strings.
void append_command(std::string& out, std::span<const std::string> args);

// What an error reply says about the state of the server or of our rights: `-LOADING`, `-NOAUTH`,
// `-WRONGPASS`, `-NOPERM`, `-MASTERDOWN`, `-ERR max number of clients reached`, …; kError for the
// rest.
net::Reason classify_error(std::string_view error);

// Whether an error reply means that the server does not offer the command to us, now or later:
// no permission, unknown command or subcommand, disabled.
bool is_refusal(std::string_view error);

}  // namespace hitwatch::redis
