// Where tenant and type stand in a key whose rule is known.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "collectors/keys/matcher.h"

namespace hitwatch::keys {

// For each rule the way to its last capture that counts, as one flat array.
class Captures {
 public:
  explicit Captures(std::span<const Rule> rules);

  // What `match_one` finds in a key that the rule matches. `rules` are those of the constructor.
  Match find(std::span<const Rule> rules, std::size_t rule, std::string_view key) const;

 private:
  enum class Role : std::uint8_t { kOther, kTenant, kType };
  struct Part {
    std::uint16_t literal_bytes;  // to pass, then comes a placeholder…
    char stop;                    // …up to this byte
    Role role;
  };

  std::vector<Part> parts_;
  std::vector<std::uint32_t> begins_;  // of each rule in parts_, and the end
};

}  // namespace hitwatch::keys
