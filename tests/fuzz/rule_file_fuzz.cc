// Any text must be refused with faults or loaded, within bounds, as a rule file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/alerting/rule_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hitwatch::alerting::Rule;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto groups = hitwatch::alerting::load_rule_text(text, "fuzz.yaml");
  if (!groups) {
    if (groups.error().empty() || groups.error().size() > 101) std::abort();
    for (const auto& fault : groups.error()) {
      if (fault.text.empty() || fault.line < 0 || fault.column < 0) std::abort();
    }
    return 0;
  }
  for (const auto& group : *groups) {
    if (group.name.empty()) std::abort();
    for (const Rule& rule : group.rules) {
      if (rule.parsed == nullptr || rule.name.empty() || rule.hold < 0) std::abort();
    }
  }
  return 0;
}
