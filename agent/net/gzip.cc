#include "agent/net/gzip.h"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <climits>
#include <new>

namespace hitwatch::net {
namespace {

constexpr int kGzipWindow = 15 + 16;  // 32 KiB, with gzip's header and trailer
constexpr int kMemory = 8;            // zlib's default
constexpr std::size_t kRoom = 16 << 10;

}  // namespace

struct Gzip::State {
  explicit State(int the_level) : level(the_level) {}

  struct End {
    void operator()(libdeflate_compressor* used) const { libdeflate_free_compressor(used); }
    void operator()(z_stream* used) const {
      deflateEnd(used);
      delete used;
    }
  };
  const int level;
  // libdeflate is the faster, but takes whole bodies only.
  std::unique_ptr<libdeflate_compressor, End> whole;
  std::unique_ptr<z_stream, End> sliced;

  libdeflate_compressor* for_whole() {
    if (whole == nullptr) whole.reset(libdeflate_alloc_compressor(level));
    if (whole == nullptr) throw std::bad_alloc();
    return whole.get();
  }

  z_stream& for_slices() {
    if (sliced == nullptr) {
      auto made = std::make_unique<z_stream>();
      if (deflateInit2(made.get(), level, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) !=
          Z_OK) {
        throw std::bad_alloc();
      }
      sliced.reset(made.release());
    }
    return *sliced;
  }
};

Gzip::Gzip(int level) : state_(std::make_unique<State>(level)) {}

Gzip::~Gzip() = default;

void Gzip::add(std::string_view slice, bool last, std::string& out) {
  z_stream& stream = state_->for_slices();
  do {
    // zlib counts in unsigned int.
    const auto part = static_cast<uInt>(std::min<std::size_t>(slice.size(), INT_MAX));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(slice.data()));
    stream.avail_in = part;
    slice.remove_prefix(part);
    const int flush = last && slice.empty() ? Z_FINISH : Z_NO_FLUSH;
    do {
      const std::size_t filled = out.size();
      const std::size_t room = std::clamp<std::size_t>(stream.avail_in / 4, kRoom, 1U << 20);
      out.resize(filled + room);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
      stream.avail_out = static_cast<uInt>(room);
      deflate(&stream, flush);
      out.resize(filled + room - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!slice.empty());
  if (last) deflateReset(&stream);
}

std::string Gzip::compress(std::string_view body) {
  libdeflate_compressor* compressor = state_->for_whole();
  std::string out;
  // The bound is one that every body fits into.
  out.resize_and_overwrite(
      libdeflate_gzip_compress_bound(compressor, body.size()), [&](char* to, std::size_t room) {
        return libdeflate_gzip_compress(compressor, body.data(), body.size(), to, room);
      });
  return out;
}

}  // namespace hitwatch::net
