// Any body must be refused with a line of its own, or read as a plain reading of it does.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "collectors/apps/lookups_body.h"
#include "tests/apps/plain_lookups_body.h"

namespace {

using namespace hitwatch::apps;

void check_fault(const BodyFault& fault, std::string_view body) {
  const auto lines = static_cast<std::size_t>(std::ranges::count(body, '\n')) + 1;
  if (fault.text.empty() || fault.line < 1 || fault.line > lines) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto reports = parse_lookups_body(body);
  const auto expected = plain_reports(body);
  if (reports.has_value() != expected.has_value()) std::abort();
  if (!reports) {
    check_fault(reports.error(), body);
  } else if (!std::ranges::equal(*reports, *expected, equal)) {
    std::abort();
  }
  return 0;
}
