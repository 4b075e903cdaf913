// Silences: who may not be told of what for a while. Alertmanager's semantics.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/notify/durable_map.h"
#include "agent/notify/matcher.h"

namespace hitwatch::notify {

struct Silence {
  std::string id;  // a UUID
  Matchers matchers;
  std::int64_t starts_at = 0;
  std::int64_t ends_at = 0;
  std::int64_t updated_at = 0;
  std::string created_by;
  std::string comment;

  enum class State : std::uint8_t { kPending, kActive, kExpired };
  State state(std::int64_t now) const;
};
std::string_view state_text(Silence::State state);  // "pending", "active", "expired"

// Kept in the map under the kind "silence". Times are passed in; who calls commits the map.
class Silences {
 public:
  static constexpr std::size_t kMost = 10'000;
  static constexpr std::int64_t kRetention = 5LL * 24 * 3600 * 1000;  // of expired ones

  // Takes up what the map has. Entries that cannot be read are dropped; how many.
  explicit Silences(DurableMap& map);
  std::size_t unreadable() const { return unreadable_; }

  // Without an id: a new one. With the id of a known silence: changes it, or, where matchers or a
  // beginning in the past differ, ends that one and makes a new one. The id that holds now.
  // Errors are sentences: no matcher, one that matches the empty label set, an end in the past or
  // before the beginning, an unknown id, too many.
  std::expected<std::string, std::string> set(Silence silence, std::int64_t now);
  // Ends it now. An error if there is none or it has ended.
  std::expected<void, std::string> expire(std::string_view id, std::int64_t now);
  const Silence* find(std::string_view id) const;
  std::vector<const Silence*> all() const;  // by state, then by end
  // Ids of the active ones that match, sorted.
  std::vector<std::string> silencing(const metrics::Labels& labels, std::int64_t now) const;
  // Forgets what expired long ago. When the next one begins or ends after `now`, or 0.
  void trim(std::int64_t now);
  std::int64_t next_change(std::int64_t now) const;

 private:
  void store(const Silence& silence);

  DurableMap& map_;
  std::map<std::string, Silence, std::less<>> silences_;
  std::size_t unreadable_ = 0;
};

}  // namespace hitwatch::notify
