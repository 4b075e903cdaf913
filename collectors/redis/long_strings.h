// Cuts long strings out of replies before the reader sees them: a key's name may have 512 MB, which
// nobody here needs and the reader refuses.
//
// A bulk string of more than the limit becomes one of exactly the limit, made of its first bytes;
// all else stays as it is, byte for byte. What is not RESP2 is passed on untouched from there, for
// the reader to refuse, and so is a string announced with more than kMostSkipped bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hitwatch::redis {

class LongStrings {
 public:
  static constexpr std::uint64_t kMostSkipped = 4ULL << 30;

  // `limit` is at least 1. A string of so many bytes in what comes out was that long or longer.
  explicit LongStrings(std::uint64_t limit) : limit_(limit) {}

  // Appends to `out` what the next bytes from the server become, however they are cut up.
  void filter(std::string_view bytes, std::string& out);

 private:
  enum class State : std::uint8_t {
    kType,    // the first byte of an item is next
    kLine,    // within a line that is passed on
    kHeader,  // within the line that announces a string
    kKept,    // within bytes of a string that are passed on
    kCut,     // within bytes of a string that are not
    kEnd,     // the two bytes behind a string
    kNoResp   // beyond help
  };

  std::size_t take_type(std::string_view bytes, std::string& out);
  std::size_t take_line(std::string_view bytes, std::string& out);
  std::size_t take_header(std::string_view bytes, std::string& out);
  void announce(std::string& out);

  const std::uint64_t limit_;
  State state_ = State::kType;
  bool after_return_ = false;  // of kLine: the byte before was '\r'
  std::string header_;         // of kHeader: what has come of it, with the '$'
  std::uint64_t keep_ = 0;     // bytes left of kKept
  std::uint64_t cut_ = 0;      // and of kCut
  std::uint64_t end_ = 0;      // and of kEnd
};

}  // namespace hitwatch::redis
