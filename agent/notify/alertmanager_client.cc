#include "agent/notify/alertmanager_client.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/net/http_url.h"
#include "agent/net/percent.h"
#include "agent/net/rfc3339.h"

namespace hitwatch::notify {
namespace {

constexpr std::int64_t kFirstRetry = 500;
constexpr std::int64_t kMostRetry = 30'000;
constexpr std::int64_t kFullPause = 1'000;  // before room is looked for again

bool is_generator_url(std::string_view text) {
  return net::parse_http_url(text.substr(0, text.find('#'))).has_value() &&
         net::percent_decode(text).has_value();
}

nlohmann::ordered_json wire_labels(const metrics::Labels& labels) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const metrics::Label& label : labels) object[label.name] = label.value;
  return object;
}

}  // namespace

std::string wire_alert(const Alert& alert, std::int64_t ends_at) {
  nlohmann::ordered_json object;
  object["annotations"] = wire_labels(alert.annotations);
  object["endsAt"] = net::format_rfc3339_milliseconds(std::max(ends_at, alert.starts_at));
  object["startsAt"] = net::format_rfc3339_milliseconds(alert.starts_at);
  if (is_generator_url(alert.generator_url)) object["generatorURL"] = alert.generator_url;
  object["labels"] = wire_labels(alert.labels);
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

PeerState::State PeerState::state_of(const Alert& alert, std::int64_t now) {
  return alert.resolved(now) ? State::kResolved : State::kFiring;
}

void PeerState::note(const std::string& fingerprint, const Alert& alert, std::int64_t now) {
  const auto known = alerts_.find(fingerprint);
  if (known != alerts_.end()) {
    const std::uint64_t version = known->second.version;
    change(known->second, alert, now);
    if (known->second.version != version) {
      wait(fingerprint, known->second, now);
    } else if (!alert.resolved(now) && alert.ends_at) {
      wait(fingerprint, known->second, std::min(known->second.due, *alert.ends_at));
    }
    return;
  }
  // Of those that nobody here knew firing, only the young ones are news.
  if (alert.resolved(now) && *alert.ends_at + kResolvedRetention <= now) return;
  if (alerts_.size() >= most_ && !make_room(now)) {
    ++dropped_;
    return;
  }
  Known& made = alerts_[fingerprint];
  made.alert = alert;
  made.version = ++versions_;
  wait(fingerprint, made, now);
}

// Takes the new state over; its version changes if there is something to tell.
void PeerState::change(Known& known, const Alert& alert, std::int64_t now) {
  const State before = state_of(known.alert, now);
  const State after = state_of(alert, now);
  const bool another = alert.starts_at != known.alert.starts_at;
  const bool other_end = after == State::kResolved && alert.ends_at != known.alert.ends_at;
  if (another && before == State::kResolved && known.told != State::kResolved) {
    if (known.ended.size() < kEpisodes) {
      known.ended.push_back(std::move(known.alert));
    } else {
      ++dropped_;
    }
  }
  known.alert = alert;
  if (before == after && !another && !other_end) return;
  known.told = State::kUnknown;
  known.version = ++versions_;
}

// Forgets the alerts that resolved first, so that there is room for a while.
bool PeerState::make_room(std::int64_t now) {
  if (now < full_until_) return false;
  std::vector<std::pair<std::int64_t, std::string>> resolved;
  for (const auto& [fingerprint, known] : alerts_) {
    if (known.alert.resolved(now) && !known.in_flight) {
      resolved.emplace_back(*known.alert.ends_at, fingerprint);
    }
  }
  std::ranges::sort(resolved);
  resolved.resize(std::min(resolved.size(), most_ / 16));
  for (const auto& [ended, fingerprint] : resolved) {
    const auto known = alerts_.find(fingerprint);
    if (known->second.told != State::kResolved) ++dropped_;
    due_.erase({known->second.due, fingerprint});
    alerts_.erase(known);
  }
  if (resolved.empty()) full_until_ = now + kFullPause;
  return !resolved.empty();
}

void PeerState::wait(const std::string& fingerprint, Known& known, std::int64_t due) {
  due_.erase({known.due, fingerprint});
  known.due = due;
  if (!known.in_flight) due_.emplace(due, fingerprint);
}

std::optional<PeerState::Batch> PeerState::take(std::int64_t now,
                                                std::int64_t evaluation_interval) {
  if (in_flight_ || now < retry_at_) return std::nullopt;
  const std::int64_t valid_until = now + 4 * std::max(evaluation_interval, kResendDelay);
  Batch batch;
  const auto add = [&](const Alert& alert, std::int64_t ends_at) {
    batch.body += batch.body.empty() ? '[' : ',';
    batch.body += wire_alert(alert, ends_at);
    ++batch.alerts;
  };
  while (!due_.empty() && due_.begin()->first <= now && batch.body.size() < kBatchBytes) {
    const std::string fingerprint = due_.begin()->second;
    Known& known = alerts_.at(fingerprint);
    if (batch.alerts + known.ended.size() + 1 > kBatch) break;
    for (const Alert& ended : known.ended) add(ended, *ended.ends_at);
    add(known.alert, std::min(known.alert.ends_at.value_or(valid_until), valid_until));
    batch.told.push_back({.fingerprint = fingerprint,
                          .version = known.version,
                          .resolved = known.alert.resolved(now),
                          .episodes = known.ended.size()});
    known.in_flight = true;
    due_.erase(due_.begin());
  }
  if (batch.alerts == 0) return std::nullopt;
  batch.body += ']';
  in_flight_ = true;
  return batch;
}

void PeerState::done(const Batch& batch, const Verdict& verdict, std::int64_t now) {
  in_flight_ = false;
  const bool accepted = verdict.kind == Verdict::Kind::kAccepted;
  (accepted ? sent_ : failed_) += batch.alerts;
  last_error_ = accepted ? "" : verdict.reason;
  for (const Batch::Told& told : batch.told) answer(told, verdict.kind, now);
  if (verdict.kind == Verdict::Kind::kRetry) {
    hold_back(verdict, now);
  } else {
    failures_ = 0;
  }
}

void PeerState::hold_back(const Verdict& verdict, std::int64_t now) {
  double delay = kFirstRetry;
  for (int i = 0; i < failures_ && delay < kMostRetry; ++i) delay *= 1.5;
  ++failures_;
  std::int64_t pause = std::min(static_cast<std::int64_t>(delay), kMostRetry);
  if (verdict.retry_after) {
    pause = std::max(pause, std::min<std::int64_t>(verdict.retry_after->count(), kResendDelay));
  }
  retry_at_ = now + pause;
}

void PeerState::answer(const Batch::Told& told, Verdict::Kind kind, std::int64_t now) {
  Known& known = alerts_.at(told.fingerprint);
  known.in_flight = false;
  const bool same = known.version == told.version;
  if (kind == Verdict::Kind::kAccepted) {
    // What was told as the last one may have ended, and become an earlier one, meanwhile.
    const std::size_t ended = told.episodes + (told.resolved && !same ? 1 : 0);
    const std::size_t gone = std::min(ended, known.ended.size());
    known.ended.erase(known.ended.begin(), known.ended.begin() + static_cast<std::ptrdiff_t>(gone));
    if (same) known.told = told.resolved ? State::kResolved : State::kFiring;
  }
  if (kind == Verdict::Kind::kRetry || !same) {
    return wait(told.fingerprint, known, known.due);  // at once
  }
  const std::int64_t again = now + kResendDelay;
  if (!told.resolved) {
    // One that ends by itself is told of when it does.
    return wait(told.fingerprint, known, std::min(known.alert.ends_at.value_or(again), again));
  }
  // Not sooner, or who notes it once more would make it news.
  if (now < *known.alert.ends_at + kResolvedRetention) {
    return wait(told.fingerprint, known, again);
  }
  alerts_.erase(told.fingerprint);
}

std::optional<std::int64_t> PeerState::next() const {
  if (in_flight_ || due_.empty()) return std::nullopt;
  return std::max(due_.begin()->first, retry_at_);
}

}  // namespace hitwatch::notify
