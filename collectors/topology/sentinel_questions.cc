#include "collectors/topology/sentinel_questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace hitwatch::topology {
namespace {

using redis::Batch;
using redis::Reply;

constexpr std::string_view kWords[] = {"MASTER", "GET-MASTER-ADDR-BY-NAME", "REPLICAS",
                                       "SENTINELS"};
const Reply kNotAsked;
constexpr std::size_t kLongestId = 64;
constexpr std::size_t kLongestAnswerText = 4096;
constexpr std::string_view kNoSuchMaster = "ERR No such master";

bool knows_no_sentinel(const Reply& reply) {
  return reply.is_error() && reply.text.starts_with("ERR unknown command");
}

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
      timeout_(timeout),
      session_([this] { return open(); }) {}

void SentinelQuestions::look_at_all(Done done) {
  done_ = std::move(done);
  look_ = {};
  look_.whole = true;
  session_.begin();
  ask(&SentinelQuestions::ask_for_names, &SentinelQuestions::on_names);
}

void SentinelQuestions::look_at(std::vector<std::string> masters, Done done) {
  done_ = std::move(done);
  look_ = {};
  look_.masters = std::move(masters);
  refusal_.clear();
  session_.begin();
  begin_masters();
}

void SentinelQuestions::stop() {
  done_ = nullptr;
  session_.close();
}

std::shared_ptr<redis::Session> SentinelQuestions::open() {
  tells_masters_ = true;
  tells_ = kAll;
  return std::make_shared<redis::Session>(
      surroundings_.executor, surroundings_.resolver, surroundings_.tls_contexts,
      with_credentials(surroundings_, sentinel_),
      redis::Session::Options{.client_name = "hitwatch-topology",
                              .timeout = timeout_,
                              .longest_string = kLongestAnswerText});
}

void SentinelQuestions::ask(Ask batch, OnAnswer then) {
  session_.ask([this, batch] { return (this->*batch)(); },
               [this, then](std::expected<redis::Session::Answer, net::Error> answer) {
                 if (!answer) {
                   fail(std::move(answer.error()));
                   return;
                 }
                 is_sentinel_ = std::ranges::none_of(answer->replies, knows_no_sentinel);
                 if (is_sentinel_) {
                   (this->*then)(answer->replies);
                 } else {
                   fail({net::Reason::kError,
                         "this server is no sentinel: name the addresses of sentinels, whose port "
                         "usually is 26379, and data servers as targets of their own"});
                 }
               });
}

Batch SentinelQuestions::ask_for_names() {
  Batch batch;
  asked_id_ = session_.is_new();
  asked_masters_ = tells_masters_;
  if (asked_id_) batch.add({"SENTINEL", "MYID"});
  if (asked_masters_) batch.add({"SENTINEL", "MASTERS"});
  return batch;
}

void SentinelQuestions::on_names(const std::vector<Reply>& replies) {
  if (asked_id_) id_ = replies.front().string().substr(0, kLongestId);
  refusal_.clear();
  const Reply& masters = asked_masters_ ? replies.back() : kNotAsked;
  if (masters.is_array()) {
    look_.masters = read_master_names(masters, patterns_);
  } else if (!asked_masters_ || refuses(masters, "MASTERS")) {
    tells_masters_ = false;
    std::ranges::copy_if(patterns_, std::back_inserter(look_.masters), is_literal);
    if (look_.masters.empty()) {
      tells_masters_ = true;
      fail({net::Reason::kNoPerm, "the sentinel does not tell which masters it watches"});
      return;
    }
  } else {
    fail({redis::classify_error(masters.text), masters.text});
    return;
  }
  begin_masters();
}

void SentinelQuestions::begin_masters() {
  next_ = 0;
  answered_ = look_.masters.empty();
  servers_room_ = kMostToldServers;
  sentinels_room_ = kMostToldSentinels;
  ask(&SentinelQuestions::ask_for_masters, &SentinelQuestions::on_masters);
}

Batch SentinelQuestions::ask_for_masters() {
  Batch batch;
  asked_ = tells_;
  batch_size_ = std::min(kMastersAtOnce, look_.masters.size() - next_);
  for (const std::string& name : std::span(look_.masters).subspan(next_, batch_size_)) {
    for (std::size_t i = 0; i < kQuestions; ++i) {
      const std::string_view word = i == kReplicas && says_slaves_ ? "SLAVES" : kWords[i];
      if (asked_[i]) batch.add({"SENTINEL", word, name});
    }
  }
  return batch;
}

SentinelQuestions::Replies SentinelQuestions::take_replies(const std::vector<Reply>& all,
                                                           std::size_t& next) const {
  Replies replies{};
  for (std::size_t i = 0; i < kQuestions; ++i) replies[i] = asked_[i] ? &all[next++] : &kNotAsked;
  return replies;
}

void SentinelQuestions::on_masters(const std::vector<Reply>& replies) {
  std::size_t next = 0;
  for (const std::string& name : std::span(look_.masters).subspan(next_, batch_size_)) {
    const Replies of_master = take_replies(replies, next);
    for (std::size_t i = 0; i < kQuestions; ++i) {
      if (refuses(*of_master[i], kWords[i])) tells_[i] = false;
    }
    const Reply& servers = *of_master[kReplicas];
    if (!says_slaves_ && servers.is_error() && !servers.text.starts_with(kNoSuchMaster)) {
      says_slaves_ = tells_[kReplicas] = true;
      ask(&SentinelQuestions::ask_for_masters, &SentinelQuestions::on_masters);
      return;
    }
    if (read_told(name, of_master)) answered_ = true;
  }
  next_ += batch_size_;
  if (next_ < look_.masters.size() && servers_room_ > 0) {
    ask(&SentinelQuestions::ask_for_masters, &SentinelQuestions::on_masters);
    return;
  }
  look_.left_out += look_.masters.size() - next_;
  if (answered_) {
    end();
  } else {
    // Once more, in case that what is refused no longer is.
    tells_ = kAll;
    fail({redis::classify_error(refusal_),
          refusal_.empty() ? "the answers are not those of a sentinel" : refusal_});
  }
}

// Whether the sentinel has said anything, be it that it knows no such master.
bool SentinelQuestions::read_told(const std::string& name, const Replies& replies) {
  const auto says_unknown = [](const Reply& reply) {
    return reply.text.starts_with(kNoSuchMaster);
  };
  auto master = read_master(*replies[kMaster]);
  auto promoted = read_master_address(*replies[kAddress]);
  if (promoted && (!master || *promoted != master->address)) {
    // What MASTER says is about another server.
    ToldMaster fresh;
    fresh.address = *std::move(promoted);
    if (master) fresh.epoch = master->epoch;
    master = std::move(fresh);
  }
  if (!master) {
    const bool nobody = asked_[kAddress] && replies[kAddress]->kind == Reply::Kind::kNil;
    return nobody || says_unknown(*replies[kMaster]);
  }
  if (servers_room_ == 0) {
    ++look_.left_out;
    return true;
  }
  --servers_room_;
  if (const Reply& told = *replies[kReplicas]; told.is_array()) {
    const std::size_t most = std::min(kMostReplicasOfMaster, servers_room_);
    master->replicas = read_servers(told, most);
    servers_room_ -= master->replicas->size();
    look_.left_out += std::max(told.elements.size(), most) - most;
  }
  if (const Reply& told = *replies[kSentinels]; told.is_array()) {
    master->sentinels = read_servers(told, std::min(kMostSentinels, sentinels_room_));
    sentinels_room_ -= master->sentinels->size();
  }
  look_.told.emplace(name, *std::move(master));
  return true;
}

bool SentinelQuestions::refuses(const Reply& reply, std::string_view command) {
  if (!reply.is_error() || !redis::is_refusal(reply.text)) return false;
  refusal_ = reply.text;
  if (logged_.emplace(command).second) {
    surroundings_.log.info(
        "a sentinel refuses a question",
        {{"sentinel", sentinel_.name()}, {"question", command}, {"error", reply.text}});
  }
  return true;
}

void SentinelQuestions::end() { std::exchange(done_, nullptr)(std::exchange(look_, {})); }

void SentinelQuestions::fail(net::Error error) {
  std::exchange(done_, nullptr)(std::unexpected(std::move(error)));
}

}  // namespace hitwatch::topology
