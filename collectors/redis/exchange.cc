#include "collectors/redis/exchange.h"

#include <string_view>
#include <utility>

#include "collectors/redis/login.h"

namespace hitwatch::redis {
namespace {

constexpr std::string_view kAuth = "auth";
constexpr std::string_view kClientName = "client_name";
constexpr std::string_view kPing = "ping";
constexpr std::string_view kInfo = "info";

Request simple_request(std::string_view collector, std::vector<std::string> args) {
  return {std::string(collector), std::move(args), [](const Reply&, Collection&) {}};
}

}  // namespace

Exchange::Exchange(const Target& target, log::Log& log, PollRecorder& recorder)
    : target_(target), log_(log), recorder_(recorder) {}

void Exchange::begin() {
  greeting_ = false;
  have_info_ = false;
  error_ = {};
  rounds_ = 0;
}

void Exchange::new_connection() {
  unavailable_.clear();
  run_id_.clear();
  logged_.clear();
  plan_.forget();
  have_info_ = false;
  error_ = {};
  rounds_ = 0;
  round_ = {};
  next_reply_ = 0;
}

std::expected<void, net::Error> Exchange::greet(Collection& collection, Connection& connection) {
  greeting_ = true;
  handshake_.clear();
  auto auth = auth_command(target_);
  if (!auth) return std::unexpected(std::move(auth.error()));
  if (!auth->empty()) handshake_.push_back(simple_request(kAuth, *std::move(auth)));
  if (collection.options.ping) {
    Request ping = simple_request(kPing, {"PING"});
    ping.read = [this](const Reply&, Collection&) {
      ping_seconds_ = std::chrono::duration<double>(Clock::now() - sent_at_).count();
    };
    handshake_.push_back(std::move(ping));
  }
  if (collection.options.set_client_name) {
    handshake_.push_back(simple_request(kClientName, {"CLIENT", "SETNAME", "hitwatch"}));
  }
  handshake_.push_back(info_request(collection.options));
  send(handshake_, encode(handshake_), connection);
  return {};
}

void Exchange::ask(Collection& collection, Connection& connection) {
  if (!plan_.is_for(collection.server)) {
    plan_.make(collection.server, collection.options, unavailable_);
  }
  send(plan_.requests(), plan_.bytes(), connection);
}

void Exchange::rest() {
  round_ = {};
  handshake_ = std::vector<Request>();
  follow_up_ = std::vector<Request>();
}

std::string Exchange::expected() const {
  return expects_reply() ? round_[next_reply_].collector : "a command";
}

void Exchange::send(std::span<const Request> round, std::string bytes, Connection& connection) {
  round_ = round;
  next_reply_ = 0;
  ++rounds_;
  sent_at_ = Clock::now();
  const bool with_info = rounds_ == 1 || (!round_.empty() && round_.front().collector == kInfo);
  recorder_.sent(sent_at_, round_.size(), with_info);
  connection.send(std::move(bytes));
}

Exchange::Next Exchange::take(const Reply& reply, Collection& collection, Connection& connection) {
  const Request& request = round_[next_reply_++];
  const bool last = next_reply_ == round_.size();
  recorder_.replied(request.collector == kAuth, last);
  if (reply.is_error()) {
    const Next next = take_error(request, reply.text, collection);
    if (next != Next::kWait) return next;
  } else {
    read(request, reply, collection);
    if (request.collector == kInfo) follow_server(collection.server);
    have_info_ = have_info_ || request.collector == kInfo;
  }
  return last ? end_round(collection, connection) : Next::kWait;
}

void Exchange::read(const Request& request, const Reply& reply, Collection& collection) {
  if (recorder_.recording() == nullptr) {
    request.read(reply, collection);
    return;
  }
  const Clock::time_point began = Clock::now();
  request.read(reply, collection);
  recorder_.read(Clock::now() - began);
}

Exchange::Next Exchange::take_error(const Request& request, const std::string& text,
                                    Collection& collection) {
  const net::Reason reason = classify_error(text);
  if (request.collector == kAuth) {
    error_ = auth_error(text, request.args);
    return Next::kFail;
  }
  if (request.collector == kInfo || reason == net::Reason::kMaxClients) {
    error_ = {reason, text};
    const bool no_login = request.collector == kInfo && reason == net::Reason::kAuth;
    return no_login ? Next::kLogInNew : Next::kFail;
  }
  if (is_refusal(text)) {
    if (unavailable_.try_emplace(request.collector, text).second) plan_.forget();
    if (logged_.insert(request.collector).second) {
      log_.info("the server refuses a command, going on without it",
                {{"target", target_.name()}, {"collector", request.collector}, {"answer", text}});
    }
    return Next::kWait;
  }
  if (request.reads_errors) {
    request.read({.kind = Reply::Kind::kError, .integer = 0, .text = text, .elements = {}},
                 collection);
    return Next::kWait;
  }
  // PING may be answered with -LOADING or -MASTERDOWN while INFO is not.
  if (error_.reason == net::Reason::kNone) error_ = {reason, text};
  return Next::kWait;
}

// A proxy may keep the connection while the server behind it becomes another one, which may take
// what the former refused.
void Exchange::follow_server(const ServerFacts& server) {
  const std::string former = std::exchange(run_id_, server.run_id);
  if (former.empty() || former == server.run_id) return;
  unavailable_.clear();
  plan_.forget();
}

Exchange::Next Exchange::end_round(Collection& collection, Connection& connection) {
  if (greeting_ && rounds_ == 1) {
    plan_.make(collection.server, collection.options, unavailable_);
    if (!plan_.after_info().empty()) {
      send(plan_.after_info(), plan_.bytes_after_info(), connection);
      return Next::kWait;
    }
  }
  std::vector<Request> wanted = std::exchange(collection.follow_up, {});
  std::erase_if(wanted, [this](const Request& r) { return unavailable_.contains(r.collector); });
  if (wanted.empty() || rounds_ >= kMostRounds) return Next::kEnd;
  follow_up_ = std::move(wanted);
  send(follow_up_, encode(follow_up_), connection);
  return Next::kWait;
}

}  // namespace hitwatch::redis
