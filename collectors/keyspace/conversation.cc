#include "collectors/keyspace/conversation.h"

#include <algorithm>
#include <utility>

#include "collectors/redis/reply.h"

namespace hitwatch::keyspace {
namespace {

constexpr std::size_t kMostInBatch = 100;
constexpr std::size_t kMostBytes = 1U << 20;  // of names sent, and of replies expected

// An access list that names keys refuses single ones: "… permissions to access a key". Everything
// else that it refuses holds for the command.
bool refuses_one_key(std::string_view error) {
  return error.starts_with("NOPERM") && error.contains("access");
}

bool is_redirection(std::string_view error) {
  return error.starts_with("MOVED ") || error.starts_with("ASK ") ||
         error.starts_with("TRYAGAIN") || error.starts_with("CLUSTERDOWN");
}

std::vector<std::string_view> words_of(const Question& question) {
  const CommandTraits& traits = traits_of(question.command);
  std::vector<std::string_view> words{traits.word};
  if (!traits.subcommand.empty()) words.push_back(traits.subcommand);
  words.insert(words.end(), question.arguments.begin(), question.arguments.end());
  return words;
}

bool is_about_a_key(Command command) {
  return traits_of(command).looks_up || command == Command::kMemoryUsage;
}

// Whether a reply says by itself that there is no such key.
bool says_missing(Command command, const redis::Reply& reply) {
  if (command == Command::kType) return reply.string() == "none";
  return command == Command::kGet && reply.kind == redis::Reply::Kind::kNil;
}

}  // namespace

Conversation::Conversation(const boost::asio::any_io_executor& executor,
                           std::shared_ptr<redis::Session> session, CommandRefusals& refusals,
                           redis::ProbeLedger& ledger, std::string instance)
    : session_(std::move(session)),
      refusals_(refusals),
      ledger_(ledger),
      instance_(std::move(instance)),
      pause_(executor, Clock::time_point::min()) {}

void Conversation::ask(int database, std::vector<Question> questions, Done done) {
  wanted_database_ = database;
  questions_ = std::move(questions);
  replies_.assign(questions_.size(), std::nullopt);
  next_ = 0;
  done_ = std::move(done);
  send_after_pause();
}

void Conversation::close() {
  closed_ = true;
  done_ = nullptr;
  pause_.cancel();
  session_->close();
}

void Conversation::send_after_pause() {
  pause_.async_wait([self = weak_from_this()](const boost::system::error_code& code) {
    const auto conversation = self.lock();
    if (conversation && !code && !conversation->closed_) conversation->send_next();
  });
}

void Conversation::send_next() {
  if (next_ == questions_.size()) {
    finish(std::move(replies_));
    return;
  }
  if (database_ != wanted_database_) {
    send_select();
    return;
  }
  asked_.clear();
  redis::Batch batch;
  std::size_t reply_bytes = 0;
  std::uint64_t lookups = 0;
  const auto full = [&] {
    return batch.size() >= kMostInBatch || batch.bytes().size() + reply_bytes >= kMostBytes;
  };
  for (; next_ < questions_.size() && !full(); ++next_) {
    const Question& question = questions_[next_];
    if (!may_ask(question)) continue;
    batch.add(words_of(question));
    reply_bytes += question.reply_bytes;
    asked_.push_back(next_);
    if (traits_of(question.command).looks_up) ++lookups;
  }
  if (asked_.empty()) {
    finish(std::move(replies_));
    return;
  }
  if (lookups > 0) ledger_.sent(run_id_, instance_, lookups);
  send(batch);
}

// By itself: what follows a SELECT that is refused would be asked of the wrong database.
void Conversation::send_select() {
  if (refusals_.refuses(Command::kSelect)) {
    finish(std::move(replies_));
    return;
  }
  asked_.clear();
  send(redis::Batch().add({"SELECT", std::to_string(wanted_database_)}));
}

void Conversation::send(const redis::Batch& batch) {
  session_->ask(batch, [self = weak_from_this()](auto result) {
    const auto conversation = self.lock();
    if (conversation && !conversation->closed_) conversation->on_answer(std::move(result));
  });
}

void Conversation::on_answer(std::expected<redis::Session::Answer, net::Error> result) {
  if (!result) {
    finish(std::unexpected(std::move(result.error())));
    return;
  }
  pause_.expires_after(result->took);
  if (asked_.empty()) {
    on_select_reply(result->replies.front());
    return;
  }
  for (std::size_t i = 0; i < asked_.size(); ++i) take(asked_[i], std::move(result->replies[i]));
  if (unavailable_) {
    finish(std::unexpected(*unavailable_));
  } else if (next_ < questions_.size()) {
    send_after_pause();
  } else {
    finish(std::move(replies_));
  }
}

void Conversation::on_select_reply(const redis::Reply& reply) {
  if (!reply.is_error()) {
    database_ = wanted_database_;
    send_after_pause();
    return;
  }
  take_error({.command = Command::kSelect, .arguments = {}}, reply.text);
  finish(std::move(replies_));
}

void Conversation::take(std::size_t question, redis::Reply reply) {
  if (reply.is_error()) {
    take_error(questions_[question], reply.text);
    return;
  }
  if (says_missing(questions_[question].command, reply)) missed();
  replies_[question] = std::move(reply);
}

void Conversation::take_error(const Question& question, const std::string& error) {
  const CommandTraits& traits = traits_of(question.command);
  if (traits.looks_up) ledger_.withdrawn(run_id_, instance_, 1);
  const net::Reason reason = redis::classify_error(error);
  if (reason == net::Reason::kLoading || reason == net::Reason::kMasterDown) {
    unavailable_ = net::Error{reason, std::string(error.substr(0, error.find(' ')))};
  } else if (is_about_a_key(question.command) && refuses_one_key(error)) {
    refusals_.add_key(database_, question.arguments.front());
    ++counts_.denied_keys;
  } else if (is_redirection(error)) {
    ++counts_.moved;
  } else if (redis::is_refusal(error)) {
    refusals_.add(question.command);
  } else {
    ++counts_.failed;
    counts_.last_failure = traits.name() + ": " + error.substr(0, error.find(' '));
  }
}

bool Conversation::may_ask(const Question& question) {
  if (refusals_.refuses(question.command)) return false;
  if (is_about_a_key(question.command)) {
    const bool hopeless = question.found_by_scan && refusals_.too_many_keys();
    if (hopeless || refusals_.refuses_key(database_, question.arguments.front())) {
      ++counts_.denied_keys;
      return false;
    }
  }
  if (traits_of(question.command).touches && !touching_allowed_) {
    ++counts_.untouchable;
    return false;
  }
  return true;
}

void Conversation::finish(std::expected<Replies, net::Error> result) {
  const auto done = std::exchange(done_, nullptr);
  if (done) done(std::move(result));
}

}  // namespace hitwatch::keyspace
