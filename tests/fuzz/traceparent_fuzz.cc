// Any header must be refused or become a context that is written as it was read, as far as version
// 00 goes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/trace/context.h"

using hitwatch::trace::parse_traceparent;
using hitwatch::trace::to_traceparent;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view header(reinterpret_cast<const char*>(data), size);
  const auto context = parse_traceparent(header);
  if (!context) return 0;
  if (!context->valid()) std::abort();
  const std::string written = to_traceparent(*context);
  if (parse_traceparent(written) != context) std::abort();
  constexpr std::size_t kIdsEnd = 53;  // of the version stays what comes after it
  if (written.substr(2, kIdsEnd - 2) != header.substr(2, kIdsEnd - 2)) std::abort();
  return 0;
}
