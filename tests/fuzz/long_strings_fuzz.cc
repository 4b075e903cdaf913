// Bytes that claim to be RESP, with a limit on the strings in them: however they are cut in pieces,
// the same comes out, and it is what the reader makes of them with its strings cut afterwards.
#include <cstdint>
#include <cstdlib>

#include "collectors/redis/long_strings.h"
#include "tests/redis/cut_replies.h"

namespace {

using namespace hitwatch::redis;

std::string filtered_in_pieces(std::string_view bytes, std::size_t limit) {
  LongStrings strings(limit);
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t piece = 1 + static_cast<unsigned char>(bytes[at]) % 7;
    strings.filter(bytes.substr(at, piece), out);
    at += piece;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t limit = 1 + data[0] % 32;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  std::string whole;
  LongStrings(limit).filter(bytes, whole);
  if (whole.size() > bytes.size()) std::abort();
  if (whole != filtered_in_pieces(bytes, limit)) std::abort();

  ReadReplies expected = read_replies(bytes, 0);
  const ReadReplies cut = read_replies(bytes, limit);
  if (cut.replies.size() < expected.replies.size()) std::abort();
  for (std::size_t i = 0; i < expected.replies.size(); ++i) {
    cut_strings(expected.replies[i], limit);
    if (!same(expected.replies[i], cut.replies[i])) std::abort();
  }
  // Cutting makes no more of the bytes than is in them, but for what a bound of the reader refused.
  if (!expected.refused && cut.replies.size() != expected.replies.size()) std::abort();
  return 0;
}
