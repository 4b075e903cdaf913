#include "agent/web/compress.h"

#include <zlib.h>

#include <algorithm>
#include <climits>
#include <new>

#include "agent/web/ascii_case.h"

namespace hitwatch::web {
namespace {

constexpr int kLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // 32 KiB, with gzip's header and trailer
constexpr int kMemory = 8;            // zlib's default
constexpr std::size_t kRoom = 16 << 10;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A qvalue in thousandths (RFC 9110, section 12.4.2); 0, so never used, if it is malformed.
int weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int thousandths = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return 0;
  int unit = 100;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return 0;
    thousandths += (digit - '0') * unit;
    unit /= 10;
  }
  return thousandths > 1000 ? 0 : thousandths;
}

// `gzip;q=0.5` → its name and weight.
std::pair<std::string_view, int> coding_of(std::string_view element) {
  const std::size_t semicolon = element.find(';');
  const std::string_view name = trimmed(element.substr(0, semicolon));
  if (semicolon == std::string_view::npos) return {name, 1000};
  const std::string_view parameter = trimmed(element.substr(semicolon + 1));
  const std::size_t equals = parameter.find('=');
  if (equals == std::string_view::npos ||
      !equal_ignoring_case(trimmed(parameter.substr(0, equals)), "q")) {
    return {name, 0};
  }
  return {name, weight_of(trimmed(parameter.substr(equals + 1)))};
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  int gzip = -1;  // -1: not named
  int any = -1;
  int identity = -1;
  while (!accept_encoding.empty()) {
    const std::string_view element = accept_encoding.substr(0, accept_encoding.find(','));
    accept_encoding.remove_prefix(std::min(accept_encoding.size(), element.size() + 1));
    const auto [name, weight] = coding_of(element);
    if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip"))
      gzip = std::max(gzip, weight);
    if (equal_ignoring_case(name, "identity")) identity = weight;
    if (name == "*") any = weight;
  }
  if (gzip < 0) gzip = any;
  return gzip > 0 && gzip >= identity;
}

struct Gzip::State {
  z_stream stream{};
};

Gzip::Gzip() : state_(std::make_unique<State>()) {
  if (deflateInit2(&state_->stream, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
}

Gzip::~Gzip() { deflateEnd(&state_->stream); }

void Gzip::add(std::string_view slice, bool last, std::string& out) {
  z_stream& stream = state_->stream;
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
  std::string out;
  out.reserve(kRoom + body.size() / 4);
  add(body, true, out);
  return out;
}

}  // namespace hitwatch::web
