// The body of POST /v1/metrics: the first byte says whether it is protobuf or JSON, and how much
// of the rest is one body; what follows is the next. No body may crash the daemon or count what
// cannot be, whatever was said before; and where protobuf's own code reads a body, ours reads the
// same in it.
#include <google/protobuf/stubs/logging.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "collectors/apps/otlp_intake.h"
#include "collectors/apps/otlp_json.h"
#include "collectors/lookups/store.h"
#include "tests/apps/otlp_dump.h"

namespace {

using namespace hitwatch::apps;
namespace lookups = hitwatch::lookups;

void compare(std::string_view body) {
  OtlpDump found;
  OtlpRequest judge;
  // More buckets than are kept, and the two differ.
  const bool is_read = OtlpRequestReader().read(body, found);
  if (passes_check(body) != is_read) std::abort();
  if (!is_read || found.has_strange_values()) return;
  if (body.size() > kMaxOtlpBuckets || !judge.ParseFromString(std::string(body))) return;
  if (found.text() != dump(judge)) std::abort();
}

// Whether the store holds a number that is none.
void check(const lookups::Store& store) {
  std::string text;
  store.write(text, hitwatch::metrics::Format::kText, lookups::Buckets::kClassic);
  if (text.contains(" -") || text.contains("NaN") || text.contains("} +Inf")) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const google::protobuf::LogSilencer silencer;
  lookups::Store store({}, {.tenants = 10, .latency_tenants = 5}, lookups::Clock::now());
  OtlpMeaning named;
  named.metric = "m";
  named.kind = OtlpMeaning::Kind::kResult;
  named.ignore = {"skip"};
  OtlpIntake intake(store, 1000);
  intake.configure({named}, 1000);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const auto first = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    constexpr unsigned char kJson = 0x80;
    // A part of the rest in sixteenths, all of it for 0.
    const std::size_t part =
        (first & 0x0FU) == 0 ? rest.size() : rest.size() * (first & 0x0FU) / 16;
    const std::string_view body = rest.substr(0, part);
    rest.remove_prefix(part);
    if ((first & kJson) == 0) {
      compare(body);
      intake.take(body, 5'000'000'000'000);
      continue;
    }
    const auto translated = otlp_from_json(body);
    if (!translated) {
      if (translated.error().empty()) std::abort();
      continue;
    }
    compare(*translated);
    // What was translated can be read.
    if (!intake.take(*translated, 5'000'000'000'000)) std::abort();
  }
  check(store);
  return 0;
}
