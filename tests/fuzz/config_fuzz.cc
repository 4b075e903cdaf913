// Any text must be refused with faults or loaded, within bounds, as a configuration.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = hitwatch::config::load_text(text, "/nowhere/fuzz.yaml");
  if (config) return 0;
  if (config.error().empty() || config.error().size() > 101) std::abort();
  for (const auto& fault : config.error()) {
    if (fault.text.empty() || fault.line < 0 || fault.column < 0) std::abort();
  }
  return 0;
}
