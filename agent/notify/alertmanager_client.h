// Tells Alertmanagers of alerts as Prometheus does: all that fire are sent again every minute, with
// an `endsAt` four minutes (or four evaluations) ahead; resolved ones are repeated for 15 minutes.
//
// One send loop for each Alertmanager: what one does not take is tried again, and delays no other.
// What is better than there: nothing is dropped because a request failed. An Alertmanager that was
// away gets everything that is due when it is back: also alerts that fired and resolved meanwhile,
// and of one that did so several times each time it did.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/notify/alert.h"
#include "agent/notify/outbox.h"

namespace hitwatch::notify {

// Which alerts one Alertmanager is to be told of now. No clock, no I/O.
//
// Answers: a request that was not answered, or is to be tried again, holds everything back for half
// a second, growing by half up to 30 s, or as Retry-After asks for, up to a minute. One that was
// refused leaves its alerts for the next minute (Alertmanager takes the valid alerts of a request
// that it refuses).
class PeerState {
 public:
  static constexpr std::int64_t kResendDelay = 60'000;
  static constexpr std::int64_t kResolvedRetention = 15LL * 60'000;
  static constexpr std::size_t kBatch = 256;           // alerts of a request
  static constexpr std::size_t kBatchBytes = 1 << 20;  // beyond, a request ends with that alert
  static constexpr std::size_t kMost = 200'000;
  static constexpr std::size_t kEpisodes = 4;  // of one, ended and not yet told of

  // `most` alerts are known at once.
  explicit PeerState(std::size_t most = kMost) : most_(most) {}

  // An alert began, changed or ended. New annotations alone go out with the next repetition.
  void note(const std::string& fingerprint, const Alert& alert, std::int64_t now);

  struct Batch {
    struct Told {
      std::string fingerprint;
      std::uint64_t version = 0;  // of what is told
      bool resolved = false;
      std::size_t episodes = 0;  // that ended before
    };
    std::vector<Told> told;
    std::size_t alerts = 0;
    std::string body;  // JSON array
  };
  // Alerts that are due, the longest waiting first; none while a batch is on its way or a retry is
  // waited for. Each batch is to be answered by `done`.
  std::optional<Batch> take(std::int64_t now, std::int64_t evaluation_interval);
  void done(const Batch& batch, const Verdict& verdict, std::int64_t now);
  // When `take` may have something, unless something is done or noted before.
  std::optional<std::int64_t> next() const;

  std::size_t size() const { return alerts_.size(); }
  // Alerts in requests, as Prometheus counts them.
  std::uint64_t sent() const { return sent_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t dropped() const { return dropped_; }  // past the bounds
  const std::string& last_error() const { return last_error_; }

 private:
  enum class State : std::uint8_t { kUnknown, kFiring, kResolved };
  struct Known {
    Alert alert;
    std::vector<Alert> ended;  // episodes before this one, the oldest first
    std::uint64_t version = 0;
    State told = State::kUnknown;
    std::int64_t due = 0;
    bool in_flight = false;
  };
  using Alerts = std::map<std::string, Known>;

  static State state_of(const Alert& alert, std::int64_t now);
  void change(Known& known, const Alert& alert, std::int64_t now);
  bool make_room(std::int64_t now);
  void wait(const std::string& fingerprint, Known& known, std::int64_t due);
  void answer(const Batch::Told& told, Verdict::Kind kind, std::int64_t now);
  void hold_back(const Verdict& verdict, std::int64_t now);

  std::size_t most_;
  Alerts alerts_;
  std::set<std::pair<std::int64_t, std::string>> due_;  // of all but those on their way
  bool in_flight_ = false;
  int failures_ = 0;  // in a row
  std::int64_t retry_at_ = 0;
  std::int64_t full_until_ = 0;
  std::uint64_t versions_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t dropped_ = 0;
  std::string last_error_;
};

// One alert as POST /api/v2/alerts takes it: times with milliseconds and Z. Left out: a
// generatorURL that is no URL, for which Alertmanager would refuse the whole request.
std::string wire_alert(const Alert& alert, std::int64_t ends_at);

}  // namespace hitwatch::notify
