// Tells Alertmanagers of alerts as Prometheus does: all that fire are sent again every minute, with
// an `endsAt` four minutes ahead; resolved ones are repeated for 15 minutes.
//
// One send loop for each Alertmanager: what one does not take is tried again, and delays no other.
// What is to be sent follows from the alerts alone, so nothing is queued: an Alertmanager that was
// away gets everything that is due when it is back.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/notify/alert.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

// Which alerts one Alertmanager is to be told of now. No clock, no I/O.
class PeerState {
 public:
  static constexpr std::int64_t kResendDelay = 60'000;
  static constexpr std::int64_t kResolvedRetention = 15LL * 60'000;
  static constexpr std::size_t kBatch = 256;

  void note(const std::string& fingerprint, const Alert& alert);

  struct Batch {
    std::vector<std::string> fingerprints;
    std::string body;  // JSON array
  };
  // At most kBatch alerts that are due; none while a batch is on its way or a retry is waited for.
  std::optional<Batch> take(std::int64_t now, std::int64_t evaluation_interval);
  void done(const Batch& batch, bool accepted, std::int64_t now);
  std::optional<std::int64_t> next() const;

  std::uint64_t sent() const { return sent_; }
  std::uint64_t failed() const { return failed_; }

 private:
  struct Known {
    Alert alert;
    std::int64_t last_sent = 0;
    bool changed = true;
  };
  std::map<std::string, Known> alerts_;
  bool in_flight_ = false;
  int failures_ = 0;
  std::int64_t retry_at_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t failed_ = 0;
};

// One alert as POST /api/v2/alerts takes it: times with milliseconds and Z.
std::string wire_alert(const Alert& alert, std::int64_t ends_at);

}  // namespace hitwatch::notify
