#include "collectors/redis/poll_recorder.h"

#include <utility>

namespace hitwatch::redis {

PollRecorder::PollRecorder(EventLedger* events, std::string target)
    : events_(events), target_(std::move(target)) {}

void PollRecorder::begin(bool wanted, std::chrono::system_clock::time_point now,
                         Clock::time_point began) {
  recording_.reset();
  if (!wanted || events_ == nullptr) return;
  recording_.emplace(*events_, looks_, target_);
  record().began_at = now;
  record().began = began;
}

void PollRecorder::opens(Clock::time_point when) {
  if (!recording_) return;
  record().rounds.clear();
  record().opening.emplace().began = when;
}

void PollRecorder::opening(const Connection& connection) {
  if (!recording_ || !record().opening) return;
  const Connection::Steps& steps = connection.steps();
  record().opening->resolved = steps.resolved;
  record().opening->connected = steps.connected;
  record().opening->ready = steps.ready;
  if (steps.connected) record().peer = connection.peer();
}

void PollRecorder::sent(Clock::time_point when, std::size_t commands, bool with_info) {
  if (!recording_) return;
  record().rounds.push_back({when, std::nullopt, commands});
  if (with_info) recording_->info_sent(when);
}

void PollRecorder::replied(bool to_login, bool last) {
  if (!recording_ || (!to_login && !last)) return;
  const Clock::time_point now = Clock::now();
  if (to_login && record().opening) record().opening->logged_in = now;
  if (last && !record().rounds.empty()) record().rounds.back().answered = now;
}

void PollRecorder::read(Clock::duration took) {
  if (recording_) record().reading += took;
}

std::shared_ptr<const PollRecord> PollRecorder::end(std::string peer) {
  if (!recording_) return nullptr;
  record().ended = Clock::now();
  if (!peer.empty()) record().peer = std::move(peer);
  auto record = recording_->finish();
  recording_.reset();
  return record;
}

}  // namespace hitwatch::redis
