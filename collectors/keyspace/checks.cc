#include "collectors/keyspace/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "collectors/keyspace/check_notes.h"
#include "collectors/keyspace/check_step.h"
#include "collectors/redis/session.h"

namespace hitwatch::keyspace {
namespace {

namespace asio = boost::asio;

// What stays from round to round.
struct Lasting {
  asio::any_io_executor executor;
  net::Resolver& resolver;
  net::TlsContexts& tls_contexts;
  const redis::Families& families;
  const redis::Target target;
  const CheckOptions options;
  const redis::Session::Options session;
  redis::ProbeLedger& ledger;

  std::vector<LuaPattern> patterns{};
  std::vector<std::string> pattern_faults{};
  CommandRefusals refusals{};
  metrics::SnapshotBuilder builder{};
  std::set<int> grouped_databases{0};  // those that had keys in some round
  // Whether databases could be selected that INFO does not list: it lists none without keys. Of one
  // run of the server.
  std::string run_id{};
  std::map<int, bool> selectable{};
};

std::shared_ptr<Conversation> make_conversation(Lasting& lasting) {
  redis::Session::Options options = lasting.session;
  options.longest_string = kLongestString;
  auto session = std::make_shared<redis::Session>(
      lasting.executor, lasting.resolver, lasting.tls_contexts, lasting.target, std::move(options));
  return std::make_shared<Conversation>(lasting.executor, std::move(session), lasting.refusals,
                                        lasting.ledger, lasting.target.name());
}

// One round: asks who the server is, then runs the steps.
class Round : public std::enable_shared_from_this<Round> {
 public:
  Round(Lasting& lasting, std::function<void(CheckResult)> done)
      : lasting_(lasting),
        done_(std::move(done)),
        conversation_(make_conversation(lasting)),
        group_names_(lasting.patterns),
        shared_{*conversation_,
                CheckedServer{},
                lasting.options,
                lasting.families,
                lasting.builder,
                {},
                {},
                {}} {}
  ~Round() { conversation_->close(); }
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  void start() {
    lasting_.builder.begin();
    std::vector<Question> questions;
    questions.push_back({.command = Command::kInfo, .arguments = {}});
    conversation_->ask(0, std::move(questions), [this](auto replies) { on_info(replies); });
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Replies = std::expected<Conversation::Replies, net::Error>;

  void on_info(const Replies& replies);
  void introduce();
  void on_introduced(const Replies& replies);
  void ask_for_databases();
  void take_databases(const std::vector<int>& asked, const Replies& replies);
  void plan();
  void plan_selectors();
  bool can_select(const KeySelector& selector);
  void plan_groups();
  void next_step();
  void on_step_done(const std::optional<net::Error>& error);
  void tell_group_duration();
  void stop(std::string why) {
    ended_early_ = std::move(why);
    finish();
  }
  void finish();
  CheckResult result();
  template <typename Call>
  void later(Call call) {
    asio::post(lasting_.executor, [weak = weak_from_this(), call] {
      if (const auto round = weak.lock()) call(*round);
    });
  }

  Lasting& lasting_;
  std::function<void(CheckResult)> done_;
  std::shared_ptr<Conversation> conversation_;
  GroupNames group_names_;
  CheckRound shared_;
  std::deque<std::unique_ptr<CheckStep>> steps_;  // the first is under way
  std::size_t group_steps_ = 0;                   // of them, at the end
  std::optional<Clock::time_point> groups_began_;
  bool asked_ = false;  // something about keys
  bool nothing_wanted_ = false;
  std::string ended_early_;  // why
};

void Round::on_info(const Replies& replies) {
  if (!replies) return stop(fmt::format("the server was not asked: {}", replies.error().text));
  CheckedServer& server = shared_.server;
  if (const auto& info = replies->front()) {
    server = read_checked_server(info->string(), info->string().size() >= kLongestString);
  }
  conversation_->set_run_id(server.run_id);
  if (server.loading) return stop("the server is loading its keys");
  if (server.mode == "sentinel") return stop("a sentinel has no keys");
  if (!lasting_.options.on_masters && !server.is_replica()) {
    nothing_wanted_ = true;
    return stop("only replicas are asked, and this is none");
  }
  introduce();
}

// What must be said before keys are asked about.
void Round::introduce() {
  const CheckedServer& server = shared_.server;
  std::vector<Question> questions;
  const auto add = [&](Command command, std::vector<std::string> arguments) {
    questions.push_back({.command = command, .arguments = std::move(arguments)});
  };
  if (server.has_client_no_touch()) add(Command::kClientNoTouch, {"ON"});
  if (server.cluster) {
    if (server.is_replica()) add(Command::kReadOnly, {});
    add(Command::kClusterMyId, {});
    add(Command::kClusterSlots, {});
  }
  conversation_->ask(0, std::move(questions), [this](auto replies) { on_introduced(replies); });
}

void Round::on_introduced(const Replies& replies) {
  if (!replies) return stop(fmt::format("the connection was lost: {}", replies.error().text));
  CheckedServer& server = shared_.server;
  const auto& answers = *replies;
  if (server.has_client_no_touch()) server.no_touch = answers.front().has_value();
  if (server.cluster) {
    const auto& id = answers[answers.size() - 2];
    const auto& slots = answers.back();
    if (id && slots) server.own_slots = slots_of_node(*slots, id->string());
  }
  conversation_->set_touching_allowed(server.no_touch || !server.touching_matters());
  asked_ = true;
  ask_for_databases();
}

// A key that is named and not there has a size, 0; one of a database that does not exist has none.
void Round::ask_for_databases() {
  if (lasting_.run_id != shared_.server.run_id) lasting_.selectable.clear();
  lasting_.run_id = shared_.server.run_id;
  const CheckOptions& options = lasting_.options;
  std::set<int> unknown;
  for (const auto* selectors : {&options.keys, &options.single_keys, &options.count,
                                &options.streams, &options.single_streams}) {
    for (const KeySelector& selector : *selectors) {
      if (selector.database == 0 || shared_.server.lists(selector.database)) continue;
      if (!lasting_.selectable.contains(selector.database)) unknown.insert(selector.database);
    }
  }
  if (unknown.empty()) return plan();
  std::vector<int> asked(unknown.begin(), unknown.end());
  asked.push_back(0);  // where the connection is and stays
  std::vector<Question> questions;
  for (const int database : asked) {
    questions.push_back({.command = Command::kSelect, .arguments = {std::to_string(database)}});
  }
  conversation_->ask(0, std::move(questions), [this, asked = std::move(asked)](auto replies) {
    take_databases(asked, replies);
  });
}

void Round::take_databases(const std::vector<int>& asked, const Replies& replies) {
  if (!replies) return stop(fmt::format("the connection was lost: {}", replies.error().text));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    lasting_.selectable[asked[i]] = (*replies)[i].has_value();
  }
  plan();
}

bool Round::can_select(const KeySelector& selector) {
  const int database = selector.database;
  if (database == 0 || shared_.server.lists(database) || lasting_.selectable[database]) return true;
  shared_.fell_short(Shortfall::kNoDatabase);
  return false;
}

void Round::plan() {
  plan_selectors();
  plan_groups();
  later([](Round& round) { round.next_step(); });
}

void Round::plan_selectors() {
  const CheckOptions& options = lasting_.options;
  const auto plan_each = [this](const std::vector<KeySelector>& selectors, auto make) {
    for (const KeySelector& key : selectors) {
      if (can_select(key)) steps_.push_back(make(key));
    }
  };
  plan_each(options.single_keys,
            [this](const auto& key) { return make_keys_step(shared_, key, true); });
  plan_each(options.keys,
            [this](const auto& key) { return make_keys_step(shared_, key, !is_glob(key.text)); });
  plan_each(options.single_streams,
            [this](const auto& key) { return make_streams_step(shared_, key, true); });
  plan_each(options.streams, [this](const auto& key) {
    return make_streams_step(shared_, key, !is_glob(key.text));
  });
  plan_each(options.count, [this](const auto& key) { return make_count_step(shared_, key); });
}

void Round::plan_groups() {
  if (group_names_.empty()) return;
  std::set<int>& databases = lasting_.grouped_databases;
  if (shared_.server.databases) {
    for (const auto& [index, keys] : *shared_.server.databases) databases.insert(index);
  }
  const std::vector<int>& wanted = lasting_.target.databases;
  for (const int database : databases) {
    if (!wanted.empty() && std::ranges::find(wanted, database) == wanted.end()) continue;
    steps_.push_back(make_groups_step(shared_, database, group_names_));
    ++group_steps_;
  }
}

void Round::next_step() {
  if (steps_.empty()) return finish();
  if (steps_.size() == group_steps_ && !groups_began_) groups_began_ = Clock::now();
  steps_.front()->run([this](const auto& error) { on_step_done(error); });
}

// Not from within the step that is destroyed.
void Round::on_step_done(const std::optional<net::Error>& error) {
  if (error) return stop(fmt::format("the connection was lost: {}", error->text));
  later([](Round& round) {
    round.steps_.pop_front();
    round.next_step();
  });
}

void Round::tell_group_duration() {
  if (!groups_began_) return;
  const std::chrono::duration<double, std::milli> took = Clock::now() - *groups_began_;
  lasting_.builder.add(lasting_.families[redis::Metric::kLastKeyGroupsScrapeDuration],
                       took.count());
}

// The receiver may destroy the round, which is why it is not called from within a step.
void Round::finish() {
  later([](Round& round) {
    round.conversation_->close();
    if (const auto done = std::exchange(round.done_, nullptr)) done(round.result());
  });
}

CheckResult Round::result() {
  if (group_names_.costly_keys() > 0) {
    shared_.fell_short(Shortfall::kGroupsCostly, group_names_.costly_keys());
  }
  if (ended_early_.empty()) tell_group_duration();
  CheckResult result;
  const auto snapshot = lasting_.builder.finish();
  result.notes = notes_of(shared_, lasting_.refusals);
  result.notes.insert(result.notes.begin(), lasting_.pattern_faults.begin(),
                      lasting_.pattern_faults.end());
  result.complete = (ended_early_.empty() || nothing_wanted_) && lasting_.pattern_faults.empty() &&
                    is_complete(shared_, lasting_.refusals);
  if (!ended_early_.empty()) result.notes.insert(result.notes.begin(), ended_early_);
  if (!asked_ && !nothing_wanted_) return result;
  snapshot->taken = std::chrono::system_clock::now();
  snapshot->taken_steady = Clock::now();
  snapshot->role = shared_.server.role;
  result.snapshot = snapshot;
  return result;
}

class RedisChecks : public Checks {
 public:
  explicit RedisChecks(std::unique_ptr<Lasting> lasting) : lasting_(std::move(lasting)) {
    for (const std::string& text : lasting_->options.groups) {
      auto pattern = LuaPattern::parse(text);
      if (pattern) {
        lasting_->patterns.push_back(*std::move(pattern));
      } else {
        lasting_->pattern_faults.push_back(
            fmt::format("the group pattern '{}' is left out: {}", text, pattern.error()));
      }
    }
  }

  void start(std::function<void(CheckResult)> done) override {
    round_ = std::make_shared<Round>(*lasting_, std::move(done));
    round_->start();
  }
  void cancel() override { round_.reset(); }

 private:
  std::unique_ptr<Lasting> lasting_;
  std::shared_ptr<Round> round_;
};

}  // namespace

std::unique_ptr<Checks> Checks::make(asio::any_io_executor executor, net::Resolver& resolver,
                                     net::TlsContexts& tls_contexts,
                                     const redis::Families& families, redis::Target target,
                                     CheckOptions options, redis::Session::Options session,
                                     redis::ProbeLedger& ledger) {
  return std::make_unique<RedisChecks>(std::make_unique<Lasting>(
      Lasting{std::move(executor), resolver, tls_contexts, families, std::move(target),
              std::move(options), std::move(session), ledger}));
}

}  // namespace hitwatch::keyspace
