// What is said over a target's connection in a poll: rounds of requests, each of which goes out in
// one write, and their replies, which the collection takes in.
//
//   new connection: greeting (AUTH, PING, CLIENT SETNAME, INFO) ──▶ the plan without INFO ─┐
//   kept connection: the whole plan ──────────────────────────────────────────────────────┤
//                      end ◀──(none wanted, or kMostRounds)── what replies asked for ◀─┴─┘
//
// A collector whose command the server refuses is unavailable, and is not asked again over that
// connection. On the executor's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/log/log.h"
#include "agent/net/error.h"
#include "collectors/redis/collect.h"
#include "collectors/redis/connection.h"
#include "collectors/redis/poll_plan.h"
#include "collectors/redis/poll_recorder.h"
#include "collectors/redis/reply.h"
#include "collectors/redis/target.h"

namespace hitwatch::redis {

class Exchange {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int kMostRounds = 6;

  enum class Next : std::uint8_t {
    kWait,     // for further replies
    kEnd,      // all was said; error() is of a reply that was no answer, if one was not
    kFail,     // error() makes the poll worthless
    kLogInNew  // the server wants a login of a connection that had one
  };

  // The references must outlive it.
  Exchange(const Target& target, log::Log& log, PollRecorder& recorder);

  // A poll begins.
  void begin();
  // It goes on, or begins, over a new connection.
  void new_connection();
  // Sends the first round, over a new connection or a kept one.
  std::expected<void, net::Error> greet(Collection& collection, Connection& connection);
  void ask(Collection& collection, Connection& connection);
  // What the options are has changed.
  void forget_plan() { plan_.forget(); }
  // The poll has ended: gives back what only polls need.
  void rest();

  bool expects_reply() const { return next_reply_ < round_.size(); }
  // To the greeting.
  bool expects_first_reply() const { return greeting_ && rounds_ == 1 && next_reply_ == 0; }
  // Whose reply is due; "a command" if it is unknown.
  std::string expected() const;
  Next take(const Reply& reply, Collection& collection, Connection& connection);

  Clock::time_point sent_at() const { return sent_at_; }
  const net::Error& error() const { return error_; }
  bool have_info() const { return have_info_; }  // INFO was answered in this poll
  void forget_info() { have_info_ = false; }
  double ping_seconds() const { return ping_seconds_; }
  // Collector → what the server said.
  const std::map<std::string, std::string>& unavailable() const { return unavailable_; }

 private:
  void send(std::span<const Request> round, std::string bytes, Connection& connection);
  void read(const Request& request, const Reply& reply, Collection& collection);
  Next take_error(const Request& request, const std::string& text, Collection& collection);
  Next end_round(Collection& collection, Connection& connection);
  void follow_server(const ServerFacts& server);

  const Target& target_;
  log::Log& log_;
  PollRecorder& recorder_;

  // Of the connection.
  std::map<std::string, std::string> unavailable_;  // of the server behind it
  std::string run_id_;                              // that server's
  std::set<std::string> logged_;                    // collectors that were unavailable
  PollPlan plan_;
  double ping_seconds_ = 0;

  // Of the poll.
  bool greeting_ = false;  // the first round is that of a new connection
  bool have_info_ = false;
  net::Error error_;
  int rounds_ = 0;
  std::vector<Request> handshake_;
  std::vector<Request> follow_up_;

  // Of the round.
  std::span<const Request> round_;
  std::size_t next_reply_ = 0;
  Clock::time_point sent_at_;
};

}  // namespace hitwatch::redis
