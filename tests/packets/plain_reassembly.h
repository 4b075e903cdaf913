// What Reassembly has to do, slowly and obviously: a map of bytes for each side. The judge of
// random tests and of the fuzzer. Knows no bound of what waits.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include "collectors/tap/packets/reassembly.h"

namespace hitwatch::packets {

// One byte, or a number of lost ones.
struct Happening {
  Side side = Side::kClient;
  std::uint64_t lost = 0;
  char byte = 0;
  bool begins_segment = false;
  Time time = 0;  // 0 of lost ones
  std::int64_t behind = 0;
  bool operator==(const Happening&) const = default;

  friend std::ostream& operator<<(std::ostream& out, const Happening& happening) {
    out << (happening.side == Side::kClient ? "client " : "server ");
    if (happening.lost > 0) return out << "lost " << happening.lost;
    return out << "byte " << static_cast<int>(happening.byte)
               << (happening.begins_segment ? " begins" : "") << " time " << happening.time
               << " behind " << happening.behind;
  }
};

class Happenings : public StreamHandler {
 public:
  void bytes(const Chunk& chunk) override {
    bool begins = chunk.begins_segment;
    for (const char byte : chunk.bytes) {
      all.push_back({.side = chunk.side,
                     .byte = byte,
                     .begins_segment = std::exchange(begins, false),
                     .time = chunk.time,
                     .behind = chunk.behind});
    }
  }
  void lost(Side side, std::uint64_t count, Time) override {
    if (count == 0) return;
    if (!all.empty() && all.back().side == side && all.back().lost > 0) {
      all.back().lost += count;
    } else {
      all.push_back({.side = side, .lost = count});
    }
  }
  void repeated(Side) override { ++repetitions; }

  std::vector<Happening> all;
  int repetitions = 0;
};

class PlainReassembly {
 public:
  void begin_anew() { streams_ = {}; }

  void take(Side side, const Segment& segment, Happenings& happenings) {
    if (segment.rst) return;
    Stream& own = of(side);
    Stream& others = of(other(side));
    const std::uint32_t first = segment.sequence + (segment.syn ? 1 : 0);
    if (!own.next) own.next = first;
    std::int64_t acknowledged = 0;
    if (segment.ack) {
      if (!others.next) others.next = segment.acknowledgement;
      acknowledged = others.position(segment.acknowledgement);
      std::int64_t until = acknowledged;
      if (others.fin) until = std::min(until, *others.fin);
      while (*others.next < until) {
        const auto known = others.bytes.lower_bound(*others.next);
        const std::int64_t hole = known == others.bytes.end() ? until : known->first;
        lose_until(other(side), std::min(hole, until), happenings);
        if (*others.next < until) hand_on(other(side), happenings);
      }
      hand_on_known(other(side), happenings);
    }
    const std::int64_t begin = own.position(first);
    const std::int64_t end = begin + segment.payload_length;
    if (segment.fin && !own.fin) own.fin = end;
    bool repeats = false;
    for (std::int64_t at = begin; at < end; ++at) {
      if (at < *own.next || own.bytes.contains(at)) {
        repeats = true;
        continue;
      }
      const auto offset = static_cast<std::size_t>(at - begin);
      Byte& byte = own.bytes[at];
      byte.is_captured = offset < segment.payload.size();
      if (!byte.is_captured) continue;
      byte.happening = {.side = side,
                        .byte = segment.payload[offset],
                        .begins_segment = offset == 0,
                        .time = segment.time};
      byte.has_acknowledgement = segment.ack;
      byte.acknowledged = acknowledged;
    }
    const bool is_probe = end == *own.next && segment.payload_length == 1;
    if (repeats && !is_probe) happenings.repeated(side);
    hand_on_known(side, happenings);
  }

 private:
  struct Byte {
    bool is_captured = false;
    Happening happening;
    bool has_acknowledgement = false;
    std::int64_t acknowledged = 0;
  };
  struct Stream {
    std::optional<std::int64_t> next;
    std::optional<std::int64_t> fin;
    std::map<std::int64_t, Byte> bytes;

    std::int64_t position(std::uint32_t sequence) const {
      return *next + distance(sequence, static_cast<std::uint32_t>(*next));
    }
  };

  static Side other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }
  Stream& of(Side side) { return streams_[static_cast<std::size_t>(side)]; }

  void hand_on_known(Side side, Happenings& happenings) {
    while (of(side).bytes.contains(*of(side).next)) hand_on(side, happenings);
  }

  void lose_until(Side side, std::int64_t until, Happenings& happenings) {
    std::int64_t& next = *of(side).next;
    happenings.lost(side, static_cast<std::uint64_t>(until - next), 0);
    next = until;
  }

  // The next byte, which is known.
  void hand_on(Side side, Happenings& happenings) {
    Stream& own = of(side);
    const auto found = own.bytes.find(*own.next);
    Byte& byte = found->second;
    if (!byte.is_captured) {
      happenings.lost(side, 1, 0);
    } else {
      if (byte.has_acknowledgement) {
        byte.happening.behind =
            std::min<std::int64_t>(0, byte.acknowledged - *of(other(side)).next);
      }
      happenings.all.push_back(byte.happening);
    }
    own.bytes.erase(found);
    ++*own.next;
  }

  std::array<Stream, 2> streams_;
};

}  // namespace hitwatch::packets
