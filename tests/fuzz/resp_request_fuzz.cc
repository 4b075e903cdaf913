// Requests, read as a whole and in pieces: both have to give the same arguments.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/tap/resp/request_reader.h"

namespace {

using hitwatch::resp::RequestEvent;
using hitwatch::resp::RequestReader;

struct Requests {
  std::vector<std::vector<std::string>> all;
  bool is_broken = false;
  bool operator==(const Requests&) const = default;
};

void take(RequestReader& reader, std::string_view bytes, Requests& requests,
          std::vector<std::string>& current) {
  for (;;) {
    const RequestEvent event = reader.next(bytes);
    switch (event.kind) {
      case RequestEvent::Kind::kMore:
        if (!bytes.empty()) std::abort();
        return;
      case RequestEvent::Kind::kBegin:
        current.clear();
        break;
      case RequestEvent::Kind::kArgument:
        if (event.is_first) current.emplace_back();
        current.back() += event.bytes;
        break;
      case RequestEvent::Kind::kEnd:
        requests.all.push_back(current);
        break;
      case RequestEvent::Kind::kBroken:
        requests.is_broken = true;
        return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 7;
  const std::string bytes(data + 1, data + size);
  Requests whole;
  Requests cut;
  std::vector<std::string> current;
  RequestReader reader;
  take(reader, bytes, whole, current);
  RequestReader other;
  current.clear();
  for (std::size_t at = 0; at < bytes.size() && !cut.is_broken; at += piece) {
    // A copy of its own, so that reading beyond it is noticed.
    const std::string part = bytes.substr(at, piece);
    take(other, part, cut, current);
  }
  if (whole != cut) std::abort();
  return 0;
}
