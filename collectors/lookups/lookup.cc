#include "collectors/lookups/lookup.h"

#include <array>

namespace hitwatch::lookups {

std::string_view source_word(Source source) {
  static constexpr std::array<std::string_view, kSources> kWords = {
      "statsd", "http", "otlp", "stats_endpoint", "tap", "probe"};
  return kWords[static_cast<std::size_t>(source)];
}

}  // namespace hitwatch::lookups
