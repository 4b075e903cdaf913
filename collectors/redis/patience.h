// How long a target is waited for, by how it has answered before (ResponseTime of its connects and
// of its first replies).
//
//  - Where a name has several addresses, an attempt at one of them is given up after
//    ResponseTime::limit() in favour of the next one. It is made again when the others have had
//    their turn; the last address that has not failed is waited for until the poll's deadline. So a
//    server that is slow to accept is not called down because others were tried before it, as long
//    as it accepts within what these have left of the deadline.
//  - A target that is known to be down because it did not answer in time is probed for usual() of
//    both together, rather than for all of poll.timeout. At the first sign of life (a byte of a
//    reply, a TLS handshake) the probe has all of poll.timeout, counted from its beginning. Every
//    kFullProbe'th probe has it anyway. So a target that is up is never called down before
//    poll.timeout has passed, and one that was down and now answers within poll.timeout, however
//    slowly, is up again after kFullProbe probes at the latest.
#pragma once

#include <chrono>
#include <optional>

#include "collectors/redis/connect_slots.h"
#include "collectors/redis/connection.h"
#include "collectors/redis/response_time.h"

namespace hitwatch::redis {

class Patience {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int kFullProbe = 4;

  // A poll begins, which may go on until `deadline`. `hangs`: the target is known to be down
  // because it did not answer in time. Answers when to give up on it.
  Clock::time_point begin(Clock::time_point now, Clock::time_point deadline, bool hangs);
  // Somebody waits for the poll under way until this deadline. False: it is no probe that may end
  // sooner, so that its deadline is the caller's to move.
  bool prolong(Clock::time_point deadline);
  // A sign of life: the deadline of what was such a probe.
  std::optional<Clock::time_point> heard();

  // How to connect.
  Connection::Terms terms(ConnectSlots* slots) const;
  void connected(const Connection::Steps& steps);
  // It was closed before anything was heard.
  void refused() { hung_ = false; }
  // It was not there in time, with the connection in this state.
  void connect_timed_out(Connection::State state);
  // The first command of a connection had its reply.
  void replied(Clock::duration took) { reply_time_.measured(took); }

 private:
  ResponseTime connect_time_;
  ResponseTime reply_time_;
  bool hung_ = false;     // the last connect timed out
  int short_probes_ = 0;  // since it timed out, or the last probe that was none
  std::optional<Clock::time_point> full_deadline_;  // of a probe that is to end sooner
};

}  // namespace hitwatch::redis
