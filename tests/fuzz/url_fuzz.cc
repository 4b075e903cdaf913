// Any text must be refused or become an address whose printable forms read back as the same server.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/net/url.h"

using hitwatch::net::parse_redis_url;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto url = parse_redis_url(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!url) {
    if (url.error().empty()) std::abort();
    return 0;
  }
  if (url->is_unix() != url->host.empty() || url->database < 0) std::abort();
  // A socket's path is printed decoded: '%' and '?' in it would be read differently.
  if (url->is_unix()) return 0;
  const auto again = parse_redis_url(url->redacted());
  if (!again || again->address() != url->address() || again->tls != url->tls) std::abort();
  if (!again->username.empty() || !again->password.empty()) std::abort();
  return 0;
}
