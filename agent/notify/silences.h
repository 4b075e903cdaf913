// Silences: who may not be told of what for a while. Alertmanager's semantics.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/notify/durable_map.h"
#include "agent/notify/matcher.h"

namespace hitwatch::notify {

// Times are milliseconds since 1970.
struct Silence {
  std::string id;  // a UUID
  Matchers matchers;
  std::int64_t starts_at = 0;
  std::int64_t ends_at = 0;  // exclusive
  std::int64_t updated_at = 0;
  std::string created_by;  // may be empty, as the comment
  std::string comment;

  enum class State : std::uint8_t { kPending, kActive, kExpired };
  State state(std::int64_t now) const;
};
std::string_view state_text(Silence::State state);  // "pending", "active", "expired"

// As the map keeps it, under its id.
std::string silence_to_json(const Silence& silence);
std::expected<Silence, std::string> silence_from_json(const std::string& id, std::string_view text);

// Kept in the map under the kind "silence". Times are passed in; who calls commits the map.
// One thread at a time.
class Silences {
 public:
  static constexpr std::size_t kMost = 10'000;                        // that have not ended
  static constexpr std::size_t kMostBytes = 64 << 10;                 // of one
  static constexpr std::size_t kMostTotal = 16 << 20;                 // bytes of all
  static constexpr std::int64_t kRetention = 5LL * 24 * 3600 * 1000;  // of expired ones

  // Takes up what the map has. Entries that cannot be read are dropped; how many.
  explicit Silences(DurableMap& map);
  Silences(const Silences&) = delete;
  Silences& operator=(const Silences&) = delete;
  std::size_t unreadable() const { return unreadable_; }

  // Without an id: a new one, which begins now if it was to begin in the past. With the id of a
  // known silence: changes it in place if the matchers are the same (in any order) and its
  // beginning may change: that of an active one not by a second or more, that of a pending one not
  // to the past. Else ends the old one, if it has not ended, and makes a new one. The id that holds
  // now. Errors are sentences, and change nothing: no matcher, none but such as match an empty
  // value, the name of a label that is none, an end in the past or not after the beginning, an
  // unknown id, too many or too large. Where there are too many, expired ones are forgotten first.
  std::expected<std::string, std::string> set(Silence silence, std::int64_t now);
  // Ends it now; one that has ended stays as it is. An error if there is none.
  std::expected<void, std::string> expire(std::string_view id, std::int64_t now);
  // Valid until the next change.
  const Silence* find(std::string_view id) const;
  // Active ones, the first to end first; pending ones, the first to begin first; expired ones, the
  // last that ended first.
  std::vector<const Silence*> all(std::int64_t now) const;
  // Ids of the active ones that match, sorted. Looks only at silences one of whose matchers names
  // a label of these with its value, and at those without any such matcher.
  std::vector<std::string> silencing(const metrics::Labels& labels, std::int64_t now) const;
  // Forgets what expired long ago.
  void trim(std::int64_t now);
  // When the next one begins or ends after `now`, or 0.
  std::int64_t next_change(std::int64_t now) const;

 private:
  using ById = std::map<std::string, Silence, std::less<>>;

  std::expected<void, std::string> make_room(const Silence& silence, std::int64_t now);
  void store(const Silence& silence);
  void hold(Silence silence, std::size_t bytes);
  void forget(const std::string& id);

  DurableMap& map_;
  ById silences_;
  std::unordered_map<std::string, std::size_t> bytes_;  // by id
  std::size_t total_bytes_ = 0;
  // By a label and the value that a matcher asks of it. Under "": those without.
  std::unordered_map<std::string, std::vector<const Silence*>> by_label_;
  std::size_t unreadable_ = 0;
};

}  // namespace hitwatch::notify
