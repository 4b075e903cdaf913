// Any text is refused with a place and a reason, or it is printed as something that is read as the
// same and printed the same again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules/promql/needs.h"
#include "rules/promql/parser.h"
#include "rules/promql/printer.h"

namespace {

using namespace hitwatch::promql;

void require(bool condition) {
  if (!condition) std::abort();
}

// A printed form may be longer than what was read: `1e300` has no exponent there.
constexpr ParseLimits kPrinted{.text = 64U << 20, .height = 500};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expr = parse(text);
  if (!expr) {
    require(!expr.error().text.empty());
    require(expr.error().at.begin <= text.size());
    require(!describe_with_caret(expr.error(), text).empty());
    return 0;
  }
  require((*expr)->height <= ParseLimits{}.height);
  const std::string printed = print(**expr);
  const auto again = parse(printed, kPrinted);
  require(again.has_value());
  require(print(**again) == printed);
  require((*again)->type == (*expr)->type && (*again)->height == (*expr)->height);

  const auto wanted = needs(**expr, 300'000, 60'000);
  require(wanted.size() == needs(**again, 300'000, 60'000).size());
  for (const Need& need : wanted) require(need.history >= 300'000 && !need.matchers.empty());
  return 0;
}
