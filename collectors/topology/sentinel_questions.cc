#include "collectors/topology/sentinel_questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hitwatch::topology {
namespace {

using redis::Batch;
using redis::Reply;

// Commands for each master.
constexpr std::size_t kQuestionsPerMaster = 4;
constexpr std::size_t kLongestAnswerText = 4096;
constexpr std::string_view kNoSuchMaster = "ERR No such master";

bool is_literal(const std::string& pattern) {
  return pattern.find_first_of("*?") == std::string::npos;
}

}  // namespace

SentinelQuestions::SentinelQuestions(const Surroundings& surroundings, redis::Target sentinel,
                                     std::vector<std::string> patterns,
                                     std::chrono::milliseconds timeout)
    : surroundings_(surroundings),
      sentinel_(std::move(sentinel)),
      patterns_(std::move(patterns)),
      timeout_(timeout) {}

void SentinelQuestions::look_at_all(Done done) {
  done_ = std::move(done);
  look_ = {.whole = true, .masters = {}, .told = {}};
  ask_for_names();
}

void SentinelQuestions::look_at(std::vector<std::string> masters, Done done) {
  done_ = std::move(done);
  look_ = {.whole = false, .masters = std::move(masters), .told = {}};
  refusal_.clear();
  ask_for_masters();
}

void SentinelQuestions::stop() {
  done_ = nullptr;
  if (session_ != nullptr) session_->close();
  session_ = nullptr;
}

void SentinelQuestions::ask_for_names() {
  ask(std::move(Batch().add({"SENTINEL", "MYID"}).add({"SENTINEL", "MASTERS"})),
      &SentinelQuestions::on_names);
}

void SentinelQuestions::on_names(const std::vector<Reply>& replies) {
  id_ = replies[0].string().substr(0, 64);
  refusal_.clear();
  if (replies[1].is_array()) {
    look_.masters = read_master_names(replies[1], patterns_);
  } else if (redis::is_refusal(replies[1].text)) {
    refusal_ = replies[1].text;
    std::ranges::copy_if(patterns_, std::back_inserter(look_.masters), is_literal);
  } else {
    fail({redis::classify_error(replies[1].text), replies[1].text});
    return;
  }
  ask_for_masters();
}

void SentinelQuestions::ask_for_masters() {
  Batch batch;
  for (const std::string& name : look_.masters) {
    batch.add({"SENTINEL", "MASTER", name})
        .add({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", name})
        .add({"SENTINEL", says_slaves_ ? "SLAVES" : "REPLICAS", name})
        .add({"SENTINEL", "SENTINELS", name});
  }
  ask(std::move(batch), &SentinelQuestions::on_masters);
}

void SentinelQuestions::on_masters(const std::vector<Reply>& replies) {
  bool answered = look_.masters.empty() && refusal_.empty();
  for (std::size_t i = 0; i < look_.masters.size(); ++i) {
    const Reply* of_master = &replies[i * kQuestionsPerMaster];
    const Reply& replicas = of_master[2];
    if (!says_slaves_ && replicas.is_error() && !replicas.text.starts_with(kNoSuchMaster)) {
      says_slaves_ = true;
      ask_for_masters();
      return;
    }
    if (read_told(look_.masters[i], of_master)) answered = true;
  }
  if (answered) {
    end();
  } else {
    fail({redis::classify_error(refusal_), refusal_});
  }
}

// Whether the sentinel has said anything, be it that it knows no such master.
bool SentinelQuestions::read_told(const std::string& name, const Reply* replies) {
  const bool silent = replies[0].is_error() && !replies[0].text.starts_with(kNoSuchMaster);
  if (silent) refusal_ = replies[0].text;
  auto master = read_master(replies[0]);
  auto promoted = read_master_address(replies[1]);
  if (promoted && (!master || *promoted != master->address)) {
    // What MASTER says is about another server.
    ToldMaster fresh;
    fresh.address = *std::move(promoted);
    if (master) fresh.epoch = master->epoch;
    master = std::move(fresh);
  }
  if (!master) return !silent || !replies[1].is_error();
  if (replies[2].is_array()) master->replicas = read_servers(replies[2], kMostReplicasOfMaster);
  if (replies[3].is_array()) master->sentinels = read_servers(replies[3], kMostSentinels);
  look_.told.emplace(name, *std::move(master));
  return true;
}

void SentinelQuestions::ask(Batch batch, OnAnswer then) { send(batch, then, session_answered_); }

// A kept connection may have been closed meanwhile: then once more on a new one.
void SentinelQuestions::send(const Batch& batch, OnAnswer then, bool again) {
  if (session_ == nullptr) {
    session_answered_ = false;
    session_ = std::make_shared<redis::Session>(
        surroundings_.executor, surroundings_.resolver, surroundings_.tls_contexts,
        with_credentials(surroundings_, sentinel_),
        redis::Session::Options{.client_name = "hitwatch-topology",
                                .timeout = timeout_,
                                .longest_string = kLongestAnswerText});
  }
  session_->ask(batch, [weak = weak_from_this(), batch, then, again](Answer answer) {
    const auto self = weak.lock();
    if (self == nullptr || self->done_ == nullptr) return;
    if (answer) {
      self->session_answered_ = true;
      ((*self).*then)(answer->replies);
      return;
    }
    self->session_ = nullptr;
    if (again && answer.error().reason == net::Reason::kReset) {
      self->send(batch, then, false);
    } else {
      self->fail(std::move(answer.error()));
    }
  });
}

void SentinelQuestions::end() { std::exchange(done_, nullptr)(std::exchange(look_, {})); }

void SentinelQuestions::fail(net::Error error) {
  std::exchange(done_, nullptr)(std::unexpected(std::move(error)));
}

}  // namespace hitwatch::topology
