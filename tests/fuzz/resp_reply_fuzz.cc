// Replies, read as a whole and in pieces: both have to give the same values.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "collectors/tap/resp/reply_reader.h"

namespace {

using hitwatch::resp::ReplyEvent;
using hitwatch::resp::ReplyReader;
using hitwatch::resp::ReplyType;

using Value = std::tuple<ReplyEvent::Kind, ReplyType, bool, int, std::int64_t, std::string>;

// Whether it may go on.
bool take(ReplyReader& reader, std::string_view bytes, std::vector<Value>& values) {
  for (;;) {
    const ReplyEvent event = reader.next(bytes);
    if (event.kind == ReplyEvent::Kind::kMore) {
      if (!bytes.empty()) std::abort();
      return true;
    }
    if (event.depth > ReplyReader::kMostDepth) std::abort();
    values.emplace_back(event.kind, event.type, event.is_aside, event.depth, event.number,
                        event.text);
    if (event.kind == ReplyEvent::Kind::kBroken) return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 7;
  const std::string bytes(data + 1, data + size);
  std::vector<Value> whole;
  std::vector<Value> cut;
  ReplyReader reader;
  take(reader, bytes, whole);
  ReplyReader other;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::string part = bytes.substr(at, piece);
    if (!take(other, part, cut)) break;
  }
  if (whole != cut) std::abort();
  return 0;
}
