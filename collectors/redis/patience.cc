#include "collectors/redis/patience.h"

#include <algorithm>
#include <utility>

namespace hitwatch::redis {

Patience::Clock::time_point Patience::begin(Clock::time_point now, Clock::time_point deadline,
                                            bool hangs) {
  full_deadline_.reset();
  if (!hangs || ++short_probes_ % kFullProbe == 0) return deadline;
  const auto soon = now + connect_time_.usual() + reply_time_.usual();
  if (soon >= deadline) return deadline;
  full_deadline_ = deadline;
  return soon;
}

bool Patience::prolong(Clock::time_point deadline) {
  if (!full_deadline_) return false;
  full_deadline_ = std::max(*full_deadline_, deadline);
  return true;
}

std::optional<Patience::Clock::time_point> Patience::heard() {
  return std::exchange(full_deadline_, std::nullopt);
}

Connection::Terms Patience::terms(ConnectSlots* slots) const {
  return {.slots = slots,
          .lane = hung_ ? ConnectSlots::Lane::kHanging : ConnectSlots::Lane::kPrompt,
          .attempt = connect_time_.limit()};
}

void Patience::connected(const Connection::Steps& steps) {
  hung_ = false;
  if (steps.given_up > 0) connect_time_.timed_out();
  if (steps.connected && steps.attempted) {
    connect_time_.measured(*steps.connected - *steps.attempted);
  }
}

void Patience::connect_timed_out(Connection::State state) {
  hung_ = state != Connection::State::kResolving;
  if (hung_) connect_time_.timed_out();
}

}  // namespace hitwatch::redis
