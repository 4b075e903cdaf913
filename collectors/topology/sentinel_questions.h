// Asks one sentinel for masters, their replicas and the other sentinels, over a kept connection.
//
// A look at everything is SENTINEL MYID and MASTERS, then for each master that is wanted MASTER,
// GET-MASTER-ADDR-BY-NAME, REPLICAS and SENTINELS in one batch; a look at some masters is that
// batch. GET-MASTER-ADDR-BY-NAME tells who was promoted while MASTER still names the former master.
// What a sentinel refuses is done without: MASTERS where masters are wanted by name, REPLICAS by
// asking for SLAVES (Redis before 5 has no other word).
//
// All calls and callbacks are on the executor's thread.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/net/error.h"
#include "collectors/redis/session.h"
#include "collectors/topology/sentinel_replies.h"
#include "collectors/topology/watch.h"

namespace hitwatch::topology {

struct SentinelLook {
  bool whole = false;                // at all masters that are wanted
  std::vector<std::string> masters;  // that were asked about; those it does not know are not told
  ToldMasters told;
};

class SentinelQuestions : public std::enable_shared_from_this<SentinelQuestions> {
 public:
  using Done = std::function<void(std::expected<SentinelLook, net::Error>)>;

  // The references in `surroundings` must outlive it. `patterns`: the masters that are wanted.
  SentinelQuestions(const Surroundings& surroundings, redis::Target sentinel,
                    std::vector<std::string> patterns, std::chrono::milliseconds timeout);

  // One look at a time: not before the look before has ended. `done` is called once, later.
  void look_at_all(Done done);
  void look_at(std::vector<std::string> masters, Done done);
  // Ends it; nobody is called any more.
  void stop();
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }

  // The sentinel's id by its own word; "" unknown.
  const std::string& id() const { return id_; }

 private:
  using Answer = std::expected<redis::Session::Answer, net::Error>;
  using OnAnswer = void (SentinelQuestions::*)(const std::vector<redis::Reply>&);

  void ask(redis::Batch batch, OnAnswer then);
  void send(const redis::Batch& batch, OnAnswer then, bool again);
  void ask_for_names();
  void on_names(const std::vector<redis::Reply>& replies);
  void ask_for_masters();
  void on_masters(const std::vector<redis::Reply>& replies);
  bool read_told(const std::string& name, const redis::Reply* replies);
  void end();
  void fail(net::Error error);

  const Surroundings& surroundings_;
  const redis::Target sentinel_;
  const std::vector<std::string> patterns_;
  std::chrono::milliseconds timeout_;

  std::shared_ptr<redis::Session> session_;
  bool session_answered_ = false;
  bool says_slaves_ = false;
  std::string id_;

  SentinelLook look_;
  std::string refusal_;  // of MASTERS or MASTER
  Done done_;
};

}  // namespace hitwatch::topology
