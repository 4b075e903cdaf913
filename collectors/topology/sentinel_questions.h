// Asks one sentinel for masters, their replicas and the other sentinels, over a kept connection.
//
// A look at everything is SENTINEL MYID and MASTERS, then for each master that is wanted MASTER,
// GET-MASTER-ADDR-BY-NAME, REPLICAS and SENTINELS, for kMastersAtOnce masters in one batch, so that
// no more than their answers are held; a look at some masters is those batches. Once
// kMostToldServers are told, the masters that are left are not asked about. GET-MASTER-ADDR-BY-NAME
// tells who was promoted while MASTER still names the former master. What a sentinel refuses is
// done without, and not asked again over that connection: MASTERS where masters are wanted by name,
// REPLICAS by asking for SLAVES (Redis before 5 has no other word). A server that does not know
// SENTINEL at all is no sentinel, and what it is asked fails.
//
// All calls and callbacks are on the executor's thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/error.h"
#include "collectors/redis/session.h"
#include "collectors/topology/kept_session.h"
#include "collectors/topology/sentinel_look.h"
#include "collectors/topology/sentinel_replies.h"
#include "collectors/topology/watch.h"

namespace hitwatch::topology {

class SentinelQuestions {
 public:
  static constexpr std::size_t kMastersAtOnce = 8;

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
  // Whether it may be one, by its last answer.
  bool is_sentinel() const { return is_sentinel_; }

 private:
  static constexpr std::array<bool, 4> kAll = {true, true, true, true};

  using Ask = redis::Batch (SentinelQuestions::*)();
  using OnAnswer = void (SentinelQuestions::*)(const std::vector<redis::Reply>&);

  // What is asked about each master.
  enum Question : std::uint8_t { kMaster, kAddress, kReplicas, kSentinels, kQuestions };
  using Asked = std::array<bool, kQuestions>;
  using Replies = std::array<const redis::Reply*, kQuestions>;

  std::shared_ptr<redis::Session> open();
  void ask(Ask batch, OnAnswer then);
  redis::Batch ask_for_names();
  void on_names(const std::vector<redis::Reply>& replies);
  void begin_masters();
  redis::Batch ask_for_masters();
  void on_masters(const std::vector<redis::Reply>& replies);
  Replies take_replies(const std::vector<redis::Reply>& all, std::size_t& next) const;
  bool read_told(const std::string& name, const Replies& replies);
  bool refuses(const redis::Reply& reply, std::string_view command);
  void end();
  void fail(net::Error error);

  const Surroundings& surroundings_;
  const redis::Target sentinel_;
  const std::vector<std::string> patterns_;
  std::chrono::milliseconds timeout_;

  KeptSession session_;
  bool says_slaves_ = false;
  bool is_sentinel_ = true;
  // Of the connection: what is not refused.
  bool tells_masters_ = true;
  Asked tells_ = kAll;
  // Of the batch under way.
  bool asked_id_ = false;
  bool asked_masters_ = false;
  Asked asked_ = kAll;
  std::string id_;

  std::set<std::string, std::less<>> logged_;  // commands whose refusal was

  SentinelLook look_;
  std::size_t next_ = 0;        // of look_.masters, that the batch begins with
  std::size_t batch_size_ = 0;  // in masters
  bool answered_ = false;       // about one of them
  std::size_t servers_room_ = 0;
  std::size_t sentinels_room_ = 0;
  std::string refusal_;  // of MASTERS or MASTER
  Done done_;
};

}  // namespace hitwatch::topology
