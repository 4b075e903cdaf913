#include "agent/web/decompress.h"

#include <zlib.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <new>

namespace hitwatch::web {
namespace {

constexpr int kGzipWindowToRead = 15 + 16;  // up to 32 KiB, with gzip's header and trailer
constexpr std::size_t kFirstRoom = 64U << 10;

struct End {
  void operator()(z_stream* used) const {
    inflateEnd(used);
    delete used;
  }
};

std::unique_ptr<z_stream, End> make_stream() {
  auto made = std::make_unique<z_stream>();
  if (inflateInit2(made.get(), kGzipWindowToRead) != Z_OK) throw std::bad_alloc();
  return std::unique_ptr<z_stream, End>(made.release());
}

// Appends what the input at hand gives, up to `limit` bytes in all; answers zlib's outcome.
int inflate_some(z_stream& stream, std::size_t limit, std::string& out) {
  const std::size_t filled = out.size();
  // zlib counts in unsigned int.
  const std::size_t room =
      std::min({std::max(filled, kFirstRoom), limit - filled, std::size_t{INT_MAX}});
  int outcome = Z_OK;
  out.resize_and_overwrite(filled + room, [&](char* to, std::size_t) {
    stream.next_out = reinterpret_cast<Bytef*>(to + filled);
    stream.avail_out = static_cast<uInt>(room);
    outcome = inflate(&stream, Z_NO_FLUSH);
    return filled + room - stream.avail_out;
  });
  return outcome;
}

}  // namespace

std::expected<std::string, GunzipFault> gunzip(std::string_view compressed, std::size_t most) {
  if (compressed.size() > INT_MAX) return std::unexpected(GunzipFault::kTooLarge);
  const auto stream = make_stream();
  stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream->avail_in = static_cast<uInt>(compressed.size());
  std::string out;
  while (true) {
    // One byte beyond the bound tells what exceeds it from what fits exactly.
    const int outcome = inflate_some(*stream, most + 1, out);
    if (outcome == Z_MEM_ERROR) throw std::bad_alloc();
    if (out.size() > most) return std::unexpected(GunzipFault::kTooLarge);
    if (outcome == Z_STREAM_END) {
      if (stream->avail_in == 0) return out;
      inflateReset(stream.get());  // another member follows
    } else if (outcome != Z_OK || (stream->avail_in == 0 && stream->avail_out > 0)) {
      return std::unexpected(GunzipFault::kMalformed);
    }
  }
}

}  // namespace hitwatch::web
