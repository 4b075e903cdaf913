#include "agent/notify/trouble_log.h"

#include <algorithm>

namespace hitwatch::notify {

void TroubleLog::note(const Destination& destination, const Verdict& verdict) {
  if (verdict.kind == Verdict::Kind::kRetry) {
    if (!failing_.insert(destination).second) return;
    log_.warn("a receiver does not accept notifications; they are tried again",
              {{"receiver", destination.text()}, {"reason", verdict.reason}});
  } else if (failing_.erase(destination) > 0) {
    // What is refused for good is said where it dies.
    log_.info("a receiver answers again", {{"receiver", destination.text()}});
  }
}

void TroubleLog::keep(const std::vector<Destination>& destinations) {
  std::erase_if(failing_, [&](const Destination& one) {
    return std::ranges::find(destinations, one) == destinations.end();
  });
}

}  // namespace hitwatch::notify
