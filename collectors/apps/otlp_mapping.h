// What OTLP metrics and the attributes of their points mean: the configured mapping, then the
// default one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collectors/apps/options.h"
#include "collectors/apps/otlp_request.h"
#include "collectors/lookups/lookup.h"

namespace hitwatch::apps {

// What the points of a stream are about.
class OtlpLookup {
 public:
  // None where only latencies are told.
  std::optional<lookups::Outcome> outcome;

  // Points into this.
  lookups::Subject subject() const;
  // What it takes beside itself.
  std::size_t bytes() const { return texts_.capacity(); }

 private:
  friend class OtlpMapping;
  static constexpr std::size_t kTexts = 5;
  std::string texts_;  // tenant, type, key, operation, layer
  std::array<std::uint16_t, kTexts> ends_{};
};

class OtlpMapping {
 public:
  explicit OtlpMapping(std::vector<OtlpMeaning> configured);

  // Null if the name means nothing.
  const OtlpMeaning* find(std::string_view metric) const;

  enum class Verdict : std::uint8_t {
    kCounts,
    kIgnored,  // a result that is to be ignored
    kResult,   // none of the results that are known
    kTooLong,  // a label of more than kMaxTextBytes
  };
  static constexpr std::size_t kMaxTextBytes = 4096;
  // Fills `lookup` from what a point says.
  static Verdict read(const OtlpMeaning& meaning, const OtlpProducer& producer,
                      const std::vector<OtlpAttribute>& attributes, OtlpLookup& lookup);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::vector<OtlpMeaning> meanings_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> by_name_;
};

}  // namespace hitwatch::apps
