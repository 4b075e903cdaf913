// Segments with numbers of all kinds, to the reassembly of a connection and to a plain one.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "collectors/tap/packets/reassembly.h"
#include "tests/packets/plain_reassembly.h"

namespace {

using namespace hitwatch::packets;

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  std::uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  // Mostly near `place`, now and then anywhere.
  std::uint32_t number_near(std::uint32_t place) {
    const std::uint8_t kind = byte();
    if (kind < 250) return place + kind - 100;
    std::uint32_t number = 0;
    for (int i = 0; i < 4; ++i) number = number << 8 | byte();
    return number;
  }
  bool is_empty() const { return left_ == 0; }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kBytes =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  Input input(data, size);
  BufferPool pool(1U << 20);
  Reassembly connection(pool);
  PlainReassembly plain;
  Happenings happenings;
  Happenings expected;
  std::array<std::uint32_t, 2> place{0xffffff80, 0x7fffffa0};
  // So few that all of them may wait, since the plain one knows no bound.
  for (Time time = 1; time < 200 && !input.is_empty(); ++time) {
    const std::uint8_t flags = input.byte();
    const std::size_t own = flags & 1U;
    const Side side = own == 0 ? Side::kClient : Side::kServer;
    Segment segment;
    segment.ack = (flags & 2U) == 0;
    segment.syn = (flags & 12U) == 12;
    segment.fin = (flags & 48U) == 48;
    segment.rst = (flags & 192U) == 192;
    segment.time = time;
    segment.sequence = input.number_near(place[own]);
    segment.acknowledgement = input.number_near(place[1 - own]);
    segment.payload_length = input.byte() % 64;
    segment.payload = kBytes.substr(static_cast<std::size_t>(time) % 8, segment.payload_length);
    if ((flags & 16U) != 0) segment.payload = segment.payload.substr(0, input.byte() % 64);
    place[own] = segment.sequence + segment.payload_length;

    if (connection.begins_anew(side, segment)) plain.begin_anew();
    connection.take(side, segment, happenings);
    plain.take(side, segment, expected);
    require(happenings.all == expected.all);
    require(happenings.repetitions == expected.repetitions);
    require(connection.waiting() <= Reassembly::kMaxWaiting);
    happenings.all.clear();
    expected.all.clear();
  }
  return 0;
}
