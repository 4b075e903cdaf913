// What a round of checks says to a server: questions in batches over one connection, with a pause
// after each batch as long as the batch took, so that the server never spends more than half of its
// time on us. Remembers what is refused, follows the database, and keeps the ledger of lookups.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/net/error.h"
#include "collectors/keyspace/check_commands.h"
#include "collectors/redis/probe_ledger.h"
#include "collectors/redis/session.h"

namespace hitwatch::keyspace {

class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  // One for each question; nothing where it was not asked or not answered: refused now or before,
  // the key's slot has moved, or it would touch the key.
  using Replies = std::vector<std::optional<redis::Reply>>;
  // An error: the connection is gone or the server has no data to show, and so for every later
  // question.
  using Done = std::function<void(std::expected<Replies, net::Error>)>;

  struct Counts {
    std::uint64_t untouchable = 0;  // questions left out because they would have touched keys
    std::uint64_t denied_keys = 0;  // questions about keys that we may not read
    std::uint64_t moved = 0;        // redirected to another node of the cluster
    std::uint64_t failed = 0;       // other errors
    std::string last_failure;       // command and first word of its error
  };

  // The references must outlive the conversation.
  Conversation(const boost::asio::any_io_executor& executor,
               std::shared_ptr<redis::Session> session, CommandRefusals& refusals,
               redis::ProbeLedger& ledger, std::string instance);

  // Whose counters our lookups are in: known after INFO.
  void set_run_id(std::string run_id) { run_id_ = std::move(run_id); }
  // Whether commands that touch a key may be sent. Not, at first.
  void set_touching_allowed(bool allowed) { touching_allowed_ = allowed; }

  bool touching_allowed() const { return touching_allowed_; }

  // Asks in `database`. `done` is called once, never from within ask(), unless closed before. One
  // ask at a time.
  void ask(int database, std::vector<Question> questions, Done done);
  // A lookup that was answered has found no key, which only its asker can tell.
  void missed() { ledger_.missed(run_id_, 1); }
  // Ends it; nobody is called any more.
  void close();

  const Counts& counts() const { return counts_; }

 private:
  using Clock = std::chrono::steady_clock;

  void send_after_pause();
  void send_next();
  void send_select();
  void send(const redis::Batch& batch);
  void on_answer(std::expected<redis::Session::Answer, net::Error> result);
  void on_select_reply(const redis::Reply& reply);
  void take(std::size_t question, redis::Reply reply);
  void take_error(const Question& question, const std::string& error);
  bool may_ask(const Question& question);
  void finish(std::expected<Replies, net::Error> result);

  std::shared_ptr<redis::Session> session_;
  CommandRefusals& refusals_;
  redis::ProbeLedger& ledger_;
  const std::string instance_;
  boost::asio::steady_timer pause_;
  std::string run_id_;
  bool touching_allowed_ = false;
  bool closed_ = false;
  int database_ = 0;  // of the connection
  Counts counts_;
  std::optional<net::Error> unavailable_;  // LOADING, MASTERDOWN

  int wanted_database_ = 0;
  std::vector<Question> questions_;
  Replies replies_;
  Done done_;
  std::size_t next_ = 0;            // question
  std::vector<std::size_t> asked_;  // questions of the batch under way; none: it is a SELECT
};

}  // namespace hitwatch::keyspace
