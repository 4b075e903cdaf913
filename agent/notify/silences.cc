#include "agent/notify/silences.h"

#include <fmt/core.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <utility>

namespace hitwatch::notify {
namespace {

constexpr std::string_view kSilenceKind = "silence";

// A random UUID (RFC 4122, 4.4).
std::string make_silence_id() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    std::random_device device;
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(device());
  }
  bytes[6] = static_cast<unsigned char>(0x40U | (bytes[6] & 0x0fU));
  bytes[8] = static_cast<unsigned char>(0x80U | (bytes[8] & 0x3fU));
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

bool is_silenced_name(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && is_letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool is_silence_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = metrics::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool silence_asks_regex(const Matcher& matcher) {
  return matcher.kind() == Matcher::Kind::kMatches ||
         matcher.kind() == Matcher::Kind::kDoesNotMatch;
}

bool silence_asks_equal(const Matcher& matcher) {
  return matcher.kind() == Matcher::Kind::kEqual || matcher.kind() == Matcher::Kind::kMatches;
}

Matcher::Kind silence_matcher_kind(bool regex, bool positive) {
  if (regex) return positive ? Matcher::Kind::kMatches : Matcher::Kind::kDoesNotMatch;
  return positive ? Matcher::Kind::kEqual : Matcher::Kind::kNotEqual;
}

std::unexpected<std::string> silence_error(std::string text) {
  return std::unexpected(std::move(text));
}

std::expected<void, std::string> check_silence(const Silence& silence, std::int64_t now) {
  if (silence.matchers.empty()) return silence_error("a silence needs at least one matcher");
  for (const Matcher& matcher : silence.matchers) {
    if (!is_silence_text(matcher.name()) || !is_silence_text(matcher.value())) {
      return silence_error("a matcher is not valid UTF-8");
    }
    if (!is_silenced_name(matcher.name())) {
      return silence_error(fmt::format("invalid label name \"{}\"", matcher.name()));
    }
  }
  if (std::ranges::all_of(silence.matchers, [](const Matcher& m) { return m.matches(""); })) {
    return silence_error("at least one matcher must not match the empty string");
  }
  if (silence.ends_at <= now) return silence_error("end time can't be in the past");
  if (silence.starts_at >= silence.ends_at) {
    return silence_error("start time must be before end time");
  }
  return {};
}

bool same_silence_matchers(const Matchers& left, const Matchers& right) {
  return std::ranges::is_permutation(left, right);
}

bool can_change_in_place(const Silence& old, const Silence& wanted, std::int64_t now) {
  constexpr std::int64_t kSecond = 1000;
  switch (old.state(now)) {
    case Silence::State::kActive:
      if (wanted.starts_at / kSecond != old.starts_at / kSecond) return false;
      break;
    case Silence::State::kPending:
      if (wanted.starts_at < now) return false;
      break;
    case Silence::State::kExpired:
      return false;
  }
  return same_silence_matchers(old.matchers, wanted.matchers);
}

std::string silence_key(std::string_view name, std::string_view value) {
  return fmt::format("{}={}", name, value);
}

// Where `silencing` finds it: see `by_label_`.
std::string bucket_of(const Silence& silence) {
  const auto asked = std::ranges::find_if(silence.matchers, [](const Matcher& matcher) {
    return matcher.kind() == Matcher::Kind::kEqual && !matcher.value().empty();
  });
  return asked == silence.matchers.end() ? "" : silence_key(asked->name(), asked->value());
}

}  // namespace

Silence::State Silence::state(std::int64_t now) const {
  if (ends_at <= now) return State::kExpired;
  return now < starts_at ? State::kPending : State::kActive;
}

std::string_view state_text(Silence::State state) {
  constexpr auto kTexts = std::to_array<std::string_view>({"pending", "active", "expired"});
  return kTexts[static_cast<std::size_t>(state)];
}

std::string silence_to_json(const Silence& silence) {
  nlohmann::json matchers = nlohmann::json::array();
  for (const Matcher& matcher : silence.matchers) {
    matchers.push_back({{"name", matcher.name()},
                        {"value", matcher.value()},
                        {"isRegex", silence_asks_regex(matcher)},
                        {"isEqual", silence_asks_equal(matcher)}});
  }
  const nlohmann::json made = {{"matchers", std::move(matchers)}, {"startsAt", silence.starts_at},
                               {"endsAt", silence.ends_at},       {"updatedAt", silence.updated_at},
                               {"createdBy", silence.created_by}, {"comment", silence.comment}};
  return made.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::expected<Silence, std::string> silence_from_json(const std::string& id,
                                                      std::string_view text) {
  try {
    const nlohmann::json read = nlohmann::json::parse(text);
    Silence silence{.id = id,
                    .matchers = {},
                    .starts_at = read.at("startsAt").get<std::int64_t>(),
                    .ends_at = read.at("endsAt").get<std::int64_t>(),
                    .updated_at = read.at("updatedAt").get<std::int64_t>(),
                    .created_by = read.at("createdBy").get<std::string>(),
                    .comment = read.at("comment").get<std::string>()};
    for (const nlohmann::json& entry : read.at("matchers")) {
      auto matcher = Matcher::make(
          silence_matcher_kind(entry.at("isRegex").get<bool>(), entry.at("isEqual").get<bool>()),
          entry.at("name").get<std::string>(), entry.at("value").get<std::string>());
      if (!matcher) return silence_error(std::move(matcher.error()));
      silence.matchers.push_back(*std::move(matcher));
    }
    // One that matches everything would hide every alert.
    if (silence.matchers.empty()) return silence_error("there is no matcher");
    return silence;
  } catch (const nlohmann::json::exception& error) {
    return silence_error(error.what());
  }
}

Silences::Silences(DurableMap& map) : map_(map) {
  std::vector<std::string> broken;
  map_.for_each(kSilenceKind, [&](const std::string& key, const std::string& value) {
    if (auto silence = silence_from_json(key, value)) {
      hold(*std::move(silence), value.size());
    } else {
      broken.push_back(key);
    }
  });
  for (const std::string& key : broken) map_.erase(kSilenceKind, key);
  unreadable_ = broken.size();
}

std::expected<std::string, std::string> Silences::set(Silence silence, std::int64_t now) {
  const Silence* known = find(silence.id);
  if (known == nullptr && !silence.id.empty()) return silence_error("silence not found");
  const bool in_place = known != nullptr && can_change_in_place(*known, silence, now);
  if (in_place && known->state(now) == Silence::State::kActive) {
    silence.starts_at = known->starts_at;
  } else {
    silence.starts_at = std::max(silence.starts_at, now);
  }
  silence.updated_at = now;
  if (auto valid = check_silence(silence, now); !valid)
    return silence_error(std::move(valid.error()));
  const std::string replaced = in_place || known == nullptr ? "" : known->id;
  if (!in_place) silence.id = make_silence_id();
  if (auto room = make_room(silence, now); !room) return silence_error(std::move(room.error()));
  if (!replaced.empty()) (void)expire(replaced, now);  // known, or forgotten to make room
  store(silence);
  return silence.id;
}

// Forgets the expired silences that ended first, until one more fits.
std::expected<void, std::string> Silences::make_room(const Silence& silence, std::int64_t now) {
  const std::size_t bytes = silence_to_json(silence).size();
  if (bytes > kMostBytes) {
    return silence_error(fmt::format("a silence may have {} bytes", kMostBytes));
  }
  const auto old = bytes_.find(silence.id);
  const std::size_t others_bytes = total_bytes_ - (old == bytes_.end() ? 0 : old->second);
  const std::size_t others = silences_.size() - (old == bytes_.end() ? 0 : 1);
  if (others < kMost && others_bytes + bytes <= kMostTotal) return {};
  std::vector<std::pair<std::int64_t, std::string>> expired;
  for (const auto& [id, held] : silences_) {
    if (held.state(now) == Silence::State::kExpired) expired.emplace_back(held.ends_at, id);
  }
  std::ranges::sort(expired);
  std::size_t count = others;
  std::size_t size = others_bytes;
  std::size_t dropped = 0;
  while ((count >= kMost || size + bytes > kMostTotal) && dropped < expired.size()) {
    size -= bytes_[expired[dropped++].second];
    --count;
  }
  if (count >= kMost || size + bytes > kMostTotal) {
    return silence_error(fmt::format("there are {} silences already, as many as are kept", count));
  }
  for (std::size_t i = 0; i < dropped; ++i) forget(expired[i].second);
  return {};
}

std::expected<void, std::string> Silences::expire(std::string_view id, std::int64_t now) {
  const Silence* known = find(id);
  if (known == nullptr) return silence_error("silence not found");
  if (known->state(now) == Silence::State::kExpired) return {};
  Silence ended = *known;
  ended.starts_at = std::min(ended.starts_at, now);
  ended.ends_at = now;
  ended.updated_at = now;
  store(ended);
  return {};
}

const Silence* Silences::find(std::string_view id) const {
  const auto found = silences_.find(id);
  return found == silences_.end() ? nullptr : &found->second;
}

std::vector<const Silence*> Silences::all(std::int64_t now) const {
  const auto key = [now](const Silence* silence) {
    switch (silence->state(now)) {
      case Silence::State::kActive:
        return std::pair(0, silence->ends_at);
      case Silence::State::kPending:
        return std::pair(1, silence->starts_at);
      case Silence::State::kExpired:
        break;
    }
    return std::pair(2, -silence->ends_at);
  };
  std::vector<const Silence*> found;
  found.reserve(silences_.size());
  for (const auto& [id, silence] : silences_) found.push_back(&silence);
  std::ranges::stable_sort(found, {}, key);
  return found;
}

std::vector<std::string> Silences::silencing(const metrics::Labels& labels,
                                             std::int64_t now) const {
  std::vector<std::string> ids;
  if (silences_.empty()) return ids;
  const auto look = [&](const std::string& key) {
    const auto bucket = by_label_.find(key);
    if (bucket == by_label_.end()) return;
    for (const Silence* silence : bucket->second) {
      if (silence->state(now) == Silence::State::kActive && match(silence->matchers, labels)) {
        ids.push_back(silence->id);
      }
    }
  };
  look("");
  for (const metrics::Label& label : labels) look(silence_key(label.name, label.value));
  std::ranges::sort(ids);
  return ids;
}

void Silences::trim(std::int64_t now) {
  std::vector<std::string> old;
  for (const auto& [id, silence] : silences_) {
    if (silence.ends_at <= now - kRetention) old.push_back(id);
  }
  for (const std::string& id : old) forget(id);
}

std::int64_t Silences::next_change(std::int64_t now) const {
  std::int64_t next = 0;
  for (const auto& [id, silence] : silences_) {
    for (const std::int64_t time : {silence.starts_at, silence.ends_at}) {
      if (time > now && (next == 0 || time < next)) next = time;
    }
  }
  return next;
}

void Silences::store(const Silence& silence) {
  std::string text = silence_to_json(silence);
  const std::size_t bytes = text.size();
  map_.put(kSilenceKind, silence.id, std::move(text));
  hold(silence, bytes);
}

void Silences::hold(Silence silence, std::size_t bytes) {
  std::size_t& held_bytes = bytes_[silence.id];
  total_bytes_ += bytes - held_bytes;
  held_bytes = bytes;
  const auto known = silences_.find(silence.id);
  if (known != silences_.end()) std::erase(by_label_[bucket_of(known->second)], &known->second);
  const std::string id = silence.id;
  const Silence& held = silences_.insert_or_assign(id, std::move(silence)).first->second;
  by_label_[bucket_of(held)].push_back(&held);
}

void Silences::forget(const std::string& id) {
  const auto known = silences_.find(id);
  const auto bytes = bytes_.find(id);
  total_bytes_ -= bytes->second;
  bytes_.erase(bytes);
  const auto bucket = by_label_.find(bucket_of(known->second));
  std::erase(bucket->second, &known->second);
  if (bucket->second.empty()) by_label_.erase(bucket);
  silences_.erase(known);
  map_.erase(kSilenceKind, id);
}

}  // namespace hitwatch::notify
