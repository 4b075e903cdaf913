// A run of compressed samples: one block of memory that begins with a header.
//
// A series of a cache that is polled every 15 seconds has times that are a few milliseconds off a
// grid, and values that mostly have not changed, or are whole numbers, or have a few decimals. So
// samples are written in nibbles (four bits; the lower half of a byte first) as
//
//   [time code] [residual] [value code] [payload]
//
// The time is told by how far it is off the expected one, the residual. The expected time is the
// expected time before plus half of its residual plus the step; the step is the first difference of
// two times, rounded to something a person would configure (see `usual_step`).
//
//   0…6    residual -3…3, the value is that of the sample before: nothing follows
//   7…11   residual -2…2
//   12     the residual is the next nibble, signed, and the value is that of the sample before
//   13     the residual is the next nibble, signed
//   14     the residual is the next three nibbles, signed
//   15     the next nibble says how many nibbles the residual has (0: 16), which is zigzag coded;
//          the step is measured anew, and the expected time is the time itself
//
// A value is n / 10^scale with a whole n below 2^52, if that gives back all its bits; the scale is
// the chunk's. The codes:
//
//   0      that of the sample before, bit by bit
//   1      n has changed as much as before
//   2…5    the change differs from the one before by the next 1…4 nibbles, zigzag coded
//   6…12   the change is the next 1…7 nibbles, zigzag coded;  13, 14: 10 and 14 nibbles
//   15     the next 16 nibbles are the value's bits: infinities, NaN, stale markers, -0
//
// In a chunk in which a finite value is no such number, bits are compared with those of the sample
// before (exclusive or), as in Facebook's Gorilla (VLDB 2015, section 4.1):
//
//   0      that of the sample before
//   1…12   the next nibble says how many nibbles at the end are zero; before these stand so many
//          that differ
//   13, 14 the last 13 or 14 nibbles differ
//   15     the next 16 nibbles are the value's bits
//
// The first sample has no time code; n, the change and the bits before it are zero.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace hitwatch::window {

struct Chunk {
  static constexpr std::uint8_t kExclusiveOr = 0xff;  // a scale
  static constexpr std::uint8_t kMaxScale = 9;
  static constexpr std::uint16_t kMaxCount = 120;

  mutable std::uint32_t references;  // see ChunkRef
  std::uint32_t span;                // of the last sample after the first, milliseconds
  std::int64_t first_time;
  std::uint16_t nibbles;
  std::uint16_t count;
  std::uint8_t scale;
  std::uint8_t data[3];  // and as many more as the block has

  static constexpr std::size_t kHeader = 21;  // bytes before `data`
  std::int64_t last_time() const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(first_time) + span);
  }
  std::size_t size() const { return kHeader + (nibbles + 1U) / 2; }
};
static_assert(offsetof(Chunk, data) == Chunk::kHeader && sizeof(Chunk) == 24);

// A block for so many bytes, header included, with a count of one reference; and its end. The
// blocks of malloc: `realloc` may be what makes them longer or shorter.
Chunk* make_chunk(std::size_t bytes);
Chunk* resize_chunk(Chunk* chunk, std::size_t bytes);
Chunk* copy_chunk(const Chunk& chunk);  // no longer than needed
void free_chunk(Chunk* chunk);

// What malloc takes for a block of so many bytes, on 64-bit Linux with the GNU library.
std::size_t allocated_for(std::size_t bytes);

// A share in a chunk that nobody changes any more. May be copied and let go by any thread.
class ChunkRef {
 public:
  // Takes over the reference that make_chunk counted.
  explicit ChunkRef(Chunk* chunk) : chunk_(chunk) {}
  ChunkRef(const ChunkRef& other) : chunk_(other.chunk_) {
    std::atomic_ref(chunk_->references).fetch_add(1, std::memory_order_relaxed);
  }
  ChunkRef(ChunkRef&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}
  ChunkRef& operator=(ChunkRef other) noexcept {
    std::swap(chunk_, other.chunk_);
    return *this;
  }
  ~ChunkRef() {
    if (chunk_ == nullptr) return;
    if (std::atomic_ref(chunk_->references).fetch_sub(1, std::memory_order_acq_rel) == 1) {
      free_chunk(const_cast<Chunk*>(chunk_));
    }
  }

  const Chunk& operator*() const { return *chunk_; }
  const Chunk* operator->() const { return chunk_; }

 private:
  const Chunk* chunk_;
};

// The tables behind the codes above.
struct TimeCode {
  std::int16_t residual;
  std::uint8_t residual_nibbles;  // that follow; of 15: those of their number
  bool unchanged;
};
constexpr std::array<TimeCode, 16> kTimeCodes = {{{-3, 0, true},
                                                  {-2, 0, true},
                                                  {-1, 0, true},
                                                  {0, 0, true},
                                                  {1, 0, true},
                                                  {2, 0, true},
                                                  {3, 0, true},
                                                  {-2, 0, false},
                                                  {-1, 0, false},
                                                  {0, 0, false},
                                                  {1, 0, false},
                                                  {2, 0, false},
                                                  {0, 1, true},
                                                  {0, 1, false},
                                                  {0, 3, false},
                                                  {0, 1, false}}};

struct ValueCode {
  std::uint8_t nibbles;
  bool to_last_change;  // the payload is added to the last change
};
constexpr std::uint8_t kRawValue = 15;
constexpr std::array<ValueCode, 16> kValueCodes = {{{0, false},
                                                    {0, true},
                                                    {1, true},
                                                    {2, true},
                                                    {3, true},
                                                    {4, true},
                                                    {1, false},
                                                    {2, false},
                                                    {3, false},
                                                    {4, false},
                                                    {5, false},
                                                    {6, false},
                                                    {7, false},
                                                    {10, false},
                                                    {14, false},
                                                    {16, false}}};

constexpr std::array<double, 10> kPowersOfTen = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

constexpr std::uint64_t zigzag(std::int64_t number) {
  return static_cast<std::uint64_t>(number) << 1U ^ static_cast<std::uint64_t>(number >> 63U);
}
constexpr std::int64_t unzigzag(std::uint64_t code) {
  return static_cast<std::int64_t>(code >> 1U ^ (0 - (code & 1U)));
}

// A difference of two times that is within a tenth of whole seconds, or tenths of a second, is
// that many of them with a jitter.
constexpr std::uint64_t usual_step(std::uint64_t difference) {
  if (difference >> 40U != 0) return difference;
  for (const std::uint64_t unit : {1000U, 100U}) {
    const std::uint64_t rounded = (difference + unit / 2) / unit * unit;
    const std::uint64_t off = difference > rounded ? difference - rounded : rounded - difference;
    if (rounded != 0 && off <= unit / 10) return rounded;
  }
  return difference;
}

}  // namespace hitwatch::window
