// Which subscriptions a connection has: how many replies UNSUBSCRIBE gets, and whether messages
// come in between.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "collectors/tap/resp/command_table.h"

namespace hitwatch::resp {

class Channels {
 public:
  static bool is_subscription(Effect effect) {
    return effect >= Effect::kSubscribe && effect <= Effect::kSunsubscribe;
  }

  // How many replies a command gets. `arguments` are the channels that it names.
  std::uint32_t replies(Effect effect, std::uint32_t arguments) const {
    if (arguments > 0) return arguments;
    return effect >= Effect::kUnsubscribe ? std::max(counts_[kind(effect)], 1U) : 0;
  }
  // A reply says how many subscriptions there are now: channels and patterns together.
  void replied(Effect effect, std::int64_t total) {
    const std::size_t which = kind(effect);
    const std::int64_t others = which == kShards ? 0 : counts_[1 - which];
    counts_[which] = static_cast<std::uint32_t>(std::clamp<std::int64_t>(total - others, 0, kMost));
  }
  bool is_any() const { return counts_[0] + counts_[1] + counts_[2] > 0; }

 private:
  static constexpr std::size_t kShards = 2;
  static constexpr std::int64_t kMost = 1 << 30;

  static std::size_t kind(Effect effect) {
    return (static_cast<std::size_t>(effect) - static_cast<std::size_t>(Effect::kSubscribe)) % 3;
  }

  std::array<std::uint32_t, 3> counts_{};  // channels, patterns, shard channels
};

}  // namespace hitwatch::resp
