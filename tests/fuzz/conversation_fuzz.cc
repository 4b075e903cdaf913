// Both sides of a conversation, in pieces, with losses and repetitions: whatever comes, what is
// told has to make sense and memory stays bounded.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "collectors/tap/resp/command_table.h"
#include "collectors/tap/resp/conversation.h"

namespace {

using namespace hitwatch;

void require(bool holds) {
  if (!holds) std::abort();
}

class Checker final : public resp::ExchangeSink {
 public:
  void exchange(const resp::Exchange& exchange) override {
    require(exchange.command != nullptr && exchange.peer != nullptr);
    require(exchange.keys.size() <= resp::kMaxKeys);
    require(exchange.name.size() <= 32 && exchange.error_code.size() <= 32);
    require((exchange.error == resp::ReplyError::kNone) == exchange.error_code.empty() ||
            exchange.error == resp::ReplyError::kFailed);
    std::uint64_t letters = 0;
    for (const resp::KeyUse& use : exchange.keys) {
      require(use.key.size() <= resp::kMaxKeyBytes);
      for (const char c : use.key) letters += static_cast<std::uint8_t>(c);
    }
    sum_ = sum_ + letters;  // all bytes are read
  }

 private:
  volatile std::uint64_t sum_ = 0;
};

}  // namespace

// Each operation is a byte that says which, a length and so many bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  packets::BufferPool pool(1U << 18);
  Checker checker;
  resp::Surroundings surroundings{.sink = checker, .pool = pool};
  {
    resp::Conversation conversation(surroundings, {}, {});
    packets::Time time = 1;
    if (size > 0 && data[0] % 4 != 0) conversation.begins();
    while (size >= 2) {
      const std::uint8_t what = data[0];
      const std::size_t length = std::min<std::size_t>(data[1], size - 2);
      const std::string bytes(data + 2, data + 2 + length);
      const auto side = (what & 1U) == 0 ? packets::Side::kClient : packets::Side::kServer;
      time += (what & 8U) == 0 ? 1'000 : 1'000'000;
      switch ((what >> 4U) & 7U) {
        case 6:
          conversation.lost(side, length + 1, time);
          break;
        case 7:
          conversation.repeated(side);
          break;
        default:
          conversation.bytes({.side = side,
                              .bytes = bytes,
                              .time = time,
                              .begins_segment = (what & 2U) == 0,
                              .behind = (what & 4U) == 0 ? 0 : -static_cast<std::int64_t>(length)});
      }
      require(conversation.held() <= resp::kMaxOutstanding);
      data += 2 + length;
      size -= 2 + length;
    }
  }
  return 0;
}
