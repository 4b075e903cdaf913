#include "collectors/keyspace/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <limits>
#include <optional>
#include <random>
#include <unordered_set>
#include <utility>

#include "collectors/keyspace/key_pages.h"
#include "collectors/keyspace/outcome.h"
#include "collectors/keyspace/pace.h"
#include "collectors/keyspace/page_look.h"
#include "collectors/keyspace/remembered.h"
#include "collectors/keyspace/server_facts.h"
#include "collectors/keyspace/tally.h"
#include "collectors/redis/session.h"

namespace hitwatch::keyspace {
namespace {

namespace asio = boost::asio;
using redis::Batch;
using redis::Session;
using Clock = std::chrono::steady_clock;
using Answer = std::expected<Session::Answer, net::Error>;

// A page is what other clients may have to wait for. Larger ones cost the server more for each key:
// what SCAN has touched is no longer in the processor's caches when MEMORY USAGE comes.
constexpr std::size_t kSmallPage = 20;
constexpr std::size_t kLargePage = 100;
constexpr double kSmallBudget = 0.05;
constexpr std::size_t kCautiousLooks = 4;
constexpr int kIdleRoundTrips = 3;
// Up to so many times the sample's size a database is read as a whole.
constexpr std::uint64_t kWhole = 2;
constexpr std::uint64_t kGrownBeyond = 2;  // times that again: it grows faster than it is read
constexpr std::size_t kLeastSample = 100;  // of a database
// TTLs: one in a hundred of the server's own lookups; if it has less than one a second, this many.
constexpr double kTtlShare = 0.01;
constexpr double kIdle = 1;
constexpr double kIdleTtls = 100;
constexpr double kFirstRound = 10;  // seconds of lookups, where no round went before
constexpr std::chrono::milliseconds kProgressStep{100};

std::size_t page_size(double budget) { return budget <= kSmallBudget ? kSmallPage : kLargePage; }

Session::Options with_cut_names(Session::Options options) {
  options.longest_string = PageLook::kCutName;
  return options;
}

class Round : public Survey, public std::enable_shared_from_this<Round> {
 public:
  Round(const asio::any_io_executor& executor, net::Resolver& resolver,
        net::TlsContexts& tls_contexts, const redis::Target& target, SurveyOptions options,
        std::shared_ptr<keys::Matcher> matcher, redis::ProbeLedger& ledger,
        std::shared_ptr<Remembered> remembered, Callbacks callbacks)
      : executor_(executor),
        options_(std::move(options)),
        matcher_(std::move(matcher)),
        ledger_(ledger),
        remembered_(std::move(remembered)),
        callbacks_(std::move(callbacks)),
        session_(std::make_shared<Session>(executor, resolver, tls_contexts, target,
                                           with_cut_names(options_.session))),
        timer_(executor),
        pace_(options_.budget),
        random_(std::random_device{}()) {
    outcome_.began = std::chrono::system_clock::now();
    outcome_.server = target.url.address();
    outcome_.full = options_.full;
  }

  ~Round() override { session_->close(); }

  void begin() { ask(Batch().add({"INFO"}), &Round::on_info); }

  void finish_now() override {
    if (ended_) return;
    outcome_.notes.emplace_back("ended before all keys were read");
    conclude(false);
  }

  void cancel() override {
    ended_ = true;
    session_->close();
    timer_.cancel();
    callbacks_ = {};
  }

 private:
  using Handler = void (Round::*)(std::span<redis::Reply>);

  // Sends a batch; `handler` gets the replies, in whose errors it is interested itself.
  void ask(Batch batch, Handler handler) {
    commands_ += batch.size();
    asked_ += batch.size();
    session_->ask(std::move(batch), [self = weak_from_this(), handler](Answer answer) {
      const auto round = self.lock();
      if (!round || round->ended_) return;
      if (!answer) {
        round->fail(answer.error());
        return;
      }
      round->took_ += answer->took;
      ((*round).*handler)(answer->replies);
    });
  }

  void fail(const net::Error& error) {
    outcome_.error = error;
    // A proxy may hang up on cursors that it does not know.
    if (fetching_ && fetched_ == 0 && pages_->method() == Method::kRandomCursors) {
      remembered_->refusals.made_up_cursors = true;
    }
    outcome_.notes.push_back(databases_.empty() ? error.text
                                                : fmt::format("ended early: {}", error.text));
    conclude(false);
  }

  void on_info(std::span<redis::Reply> replies) {
    const redis::Reply& reply = replies.front();
    if (reply.is_error()) {
      fail({redis::classify_error(reply.text), reply.text});
      return;
    }
    outcome_.begin = read_facts(reply.text);
    if (outcome_.begin.loading) {
      fail({net::Reason::kLoading, "the server is loading its data set"});
      return;
    }
    remembered_->begin_round(outcome_.begin.run_id, Clock::now());
    ttls_left_ = ttls_allowed();
    if (outcome_.begin.cluster_replica) {
      ask(Batch().add({"READONLY"}), &Round::on_read_only);
    } else {
      begin_databases();
    }
  }

  void on_read_only(std::span<redis::Reply> replies) {
    const redis::Reply& reply = replies.front();
    if (reply.is_error()) {
      fail({redis::classify_error(reply.text), reply.text});
    } else {
      begin_databases();
    }
  }

  void begin_databases() {
    select_databases();
    // The callback may end the round, or the whole of what owns it.
    const auto self = shared_from_this();
    if (callbacks_.begin && !callbacks_.begin(*outcome_.headline(databases_))) {
      if (ended_) return;
      outcome_.notes.emplace_back("not begun");
      conclude(false);
      return;
    }
    if (!ended_) next_database();
  }

  // At most a hundredth of what applications look up meanwhile: since the round before, or in a few
  // seconds at the present rate.
  double ttls_allowed() {
    const ServerFacts& facts = outcome_.begin;
    const auto own = ledger_.of_run(facts.run_id);
    const auto own_lookups = static_cast<double>(own.hits + own.misses);
    double lookups = 0;
    double seconds = kFirstRound;
    const Clock::time_point now = Clock::now();
    if (remembered_->has_lookups) {
      seconds = std::chrono::duration<double>(now - remembered_->lookups_at).count();
      lookups = facts.lookups - remembered_->lookups - (own_lookups - remembered_->own_lookups);
    } else if (facts.uptime_seconds > 0) {
      lookups = kFirstRound * std::min((facts.lookups - own_lookups) / facts.uptime_seconds,
                                       facts.operations_per_second);
    }
    remembered_->has_lookups = true;
    remembered_->lookups = facts.lookups;
    remembered_->lookups_at = now;
    remembered_->own_lookups = own_lookups;
    return lookups < kIdle * seconds ? kIdleTtls : std::max(lookups * kTtlShare, 1.0);
  }

  void select_databases() {
    std::uint64_t all = 0;
    for (const DatabaseSize& size : outcome_.begin.databases) {
      const auto& wanted = options_.databases;
      if (!wanted.empty() && std::ranges::find(wanted, size.index) == wanted.end()) continue;
      databases_.push_back(size);
      all += size.keys;
    }
    for (const DatabaseSize& size : databases_) {
      std::uint64_t sample = size.keys;
      if (!options_.full && all > options_.size * kWhole) {
        const double part = static_cast<double>(size.keys) / static_cast<double>(all);
        sample = std::max(static_cast<std::uint64_t>(part * static_cast<double>(options_.size)),
                          std::uint64_t{kLeastSample});
        if (size.keys <= sample * kWhole) sample = size.keys;
      }
      planned_ += sample;
      samples_.push_back(sample);
    }
  }

  void next_database() {
    current_ = databases_begun_;
    if (current_ == databases_.size()) {
      ask(Batch().add({"INFO"}), &Round::on_last_info);
      return;
    }
    ++databases_begun_;
    const DatabaseSize& size = databases_[current_];
    wanted_ = samples_[current_];
    fetched_ = 0;
    tally_.emplace(size.index, Tally::kMostGroups);
    const RememberedDatabase& known = remembered_->databases[size.index];
    const Method method = choose_method(size);
    pages_.emplace(method, known.cursor, size.keys, random_());
    if (method == Method::kFull) pages_.emplace(method, "0", size.keys, random_());
    whales_.clear();
    idle_left_ = kIdleRoundTrips;
    took_ = {};
    if (remembered_->refusals.select.empty()) {
      // Also tells how long a command takes that costs nothing.
      ask(Batch().add({"SELECT", std::to_string(size.index)}), &Round::on_selected);
    } else {
      without_select();
    }
  }

  Method choose_method(const DatabaseSize& size) const {
    const Refusals& refusals = remembered_->refusals;
    if (refusals.scan) return refusals.random_key ? Method::kNone : Method::kRandomKey;
    if (wanted_ >= size.keys) return Method::kFull;
    if (outcome_.begin.table_per_slot) return Method::kRandomKey;
    return refusals.made_up_cursors ? Method::kRollingScan : Method::kRandomCursors;
  }

  void on_selected(std::span<redis::Reply> replies) {
    const redis::Reply& reply = replies.front();
    if (reply.is_error()) {
      remembered_->refusals.select = reply.text;
      without_select();
      return;
    }
    pace_.note_idle(std::exchange(took_, {}));
    if (--idle_left_ > 0) {
      const int index = databases_[current_].index;
      ask(Batch().add({"SELECT", std::to_string(index)}), &Round::on_selected);
      return;
    }
    begin_database();
  }

  // Only the database that a connection begins with can be looked at.
  void without_select() {
    const int index = databases_[current_].index;
    if (index == 0) {
      begin_database();
      return;
    }
    outcome_.notes.push_back(
        fmt::format("db{} is left out: {}", index, remembered_->refusals.select));
    outcome_.left_out = true;
    tally_.reset();
    next_database();
  }

  void begin_database() {
    const int index = databases_[current_].index;
    if (pages_->method() == Method::kFull || remembered_->databases[index].whales.empty()) {
      proceed();
    } else {
      look_at_whales();
    }
  }

  // Keys that are known to be big are looked at in every round, apart from the sample.
  void look_at_whales() {
    PageLook look(remembered_->databases[databases_[current_].index].whales, *matcher_,
                  remembered_->refusals, [] { return false; });
    if (look.batch().empty()) {
      proceed();
      return;
    }
    whale_look_.emplace(std::move(look));
    ask(whale_look_->batch(), &Round::on_whales);
  }

  void on_whales(std::span<redis::Reply> replies) {
    LookCounts counts;
    for (const Seen& seen : whale_look_->read(replies, remembered_->refusals, counts)) {
      if (!seen.bytes) continue;
      tally_->add_certain(seen);
      whales_.emplace(seen.name);
    }
    whale_look_.reset();
    proceed();
  }

  bool wants_more() const {
    if (pages_->ended()) return false;
    if (pages_->method() != Method::kFull) return fetched_ < sample_size();
    return options_.full || fetched_ < kGrownBeyond * std::max<std::uint64_t>(wanted_, 1000);
  }
  // Also where a whole scan was wanted and SCAN is refused.
  std::uint64_t sample_size() const { return std::min<std::uint64_t>(wanted_, options_.size); }

  // Goes on as soon as no reply is missing; unpaced, the next page is fetched while the last is
  // still being looked at.
  void proceed() {
    if (fetching_) return;
    if (!looks_.empty() && (!pace_.unpaced() || !has_ready_ || is_cautious())) return;
    if (!has_ready_ && !wants_more()) {
      end_database();
      return;
    }
    report_progress();
    if (ended_) return;
    const auto pause = pace_.after(std::exchange(took_, {}), std::exchange(asked_, 0));
    if (pause == pause.zero()) {
      advance();
      return;
    }
    timer_.expires_after(pause);
    timer_.async_wait([self = weak_from_this()](const boost::system::error_code& code) {
      if (const auto round = self.lock(); round && !code && !round->ended_) round->advance();
    });
  }

  void advance() {
    std::vector<std::string> page = std::move(ready_);
    ready_.clear();
    has_ready_ = false;
    if (looks_made_ == 0 && page.size() > 1) {
      // One key first: what is refused should add one error on the server, not one for each key.
      ready_.assign(std::make_move_iterator(page.begin() + 1), std::make_move_iterator(page.end()));
      has_ready_ = true;
      page.resize(1);
    } else if (wants_more()) {
      fetch();
    }
    if (!page.empty()) {
      look_at(std::move(page));
    } else if (!fetching_) {
      proceed();
    }
  }

  // While it is not known what our user may read, errors that we cause are kept few.
  bool is_cautious() const { return looks_made_ < kCautiousLooks; }

  void fetch() {
    fetching_ = true;
    Batch batch;
    const std::uint64_t left = pages_->method() == Method::kFull
                                   ? std::numeric_limits<std::uint64_t>::max()
                                   : sample_size() - fetched_;
    const std::size_t size = is_cautious() ? kSmallPage : page_size(options_.budget);
    pages_->ask(batch, std::min<std::uint64_t>(size, left));
    ask(std::move(batch), &Round::on_fetched);
  }

  void on_fetched(std::span<redis::Reply> replies) {
    fetching_ = false;
    auto names = pages_->take(replies);
    if (!names) {
      fail(names.error());
      return;
    }
    if (pages_->misled()) forget_looks();
    fetched_ += names->size();
    std::erase_if(*names, [this](const std::string& name) { return whales_.contains(name); });
    ready_ = *std::move(names);
    has_ready_ = !ready_.empty();
    proceed();
  }

  // What was looked at in this database so far does not count.
  void forget_looks() {
    keys_read_ -= static_cast<std::uint64_t>(tally_->sampled());
    tally_.emplace(databases_[current_].index, Tally::kMostGroups);
    whales_.clear();
    fetched_ = 0;
    void_looks_ = looks_.size();
  }

  void look_at(std::vector<std::string> page) {
    const double chance =
        looks_made_ == 0 ? 1
                         : ttls_left_ / static_cast<double>(std::max<std::uint64_t>(planned_, 1));
    PageLook look(std::move(page), *matcher_, remembered_->refusals, [&] {
      if (ttls_taken_ + 1 > ttls_left_) return false;
      if (chance < 1 && !std::bernoulli_distribution(chance)(random_)) return false;
      ++ttls_taken_;
      return true;
    });
    ++looks_made_;
    if (look.ttls_asked() > 0) {
      ledger_.sent(outcome_.begin.run_id, options_.instance, look.ttls_asked());
    }
    // Nothing to ask: waiting for an answer would bring it before those to earlier looks.
    if (look.batch().empty()) {
      count(look, {}, true);
      proceed();
      return;
    }
    looks_.push_back(std::move(look));
    ask(looks_.back().batch(), &Round::on_looked);
  }

  void on_looked(std::span<redis::Reply> replies) {
    PageLook look = std::move(looks_.front());
    looks_.pop_front();
    const bool is_void = void_looks_ > 0;
    if (is_void) --void_looks_;
    count(look, replies, !is_void);
    std::vector<std::string> put_off = look.take_put_off();
    if (is_void || put_off.empty()) {
      proceed();
    } else {
      look_at(std::move(put_off));
    }
  }

  // What looks cost counts in any case, what they saw only if it is `valid`.
  void count(const PageLook& look, std::span<redis::Reply> replies, bool valid) {
    LookCounts counts;
    const std::vector<Seen> page = look.read(replies, remembered_->refusals, counts);
    if (valid) {
      tally_->add_page(page);
      keys_read_ += page.size();
    }
    outcome_.vanished += counts.vanished;
    outcome_.ttls_read += counts.ttls_read;
    outcome_.ttl_misses += counts.ttl_misses;
    const std::string& run_id = outcome_.begin.run_id;
    if (counts.ttl_misses > 0) ledger_.missed(run_id, counts.ttl_misses);
    if (counts.ttls_refused > 0) ledger_.withdrawn(run_id, options_.instance, counts.ttls_refused);
  }

  void end_database() {
    const DatabaseSize& size = databases_[current_];
    Refusals& refusals = remembered_->refusals;
    if (!pages_->why().empty()) {
      outcome_.notes.push_back(pages_->method() == Method::kNone
                                   ? fmt::format("no key could be looked at: {}", pages_->why())
                                   : fmt::format("keys are chosen by {}: {}",
                                                 method_word(pages_->method()), pages_->why()));
    }
    const KeyPages::Refused& refused = pages_->refused();
    refusals.made_up_cursors = refusals.made_up_cursors || refused.made_up_cursors;
    refusals.scan = refusals.scan || refused.scan;
    refusals.random_key = refusals.random_key || refused.random_key;
    if (pages_->method() == Method::kRollingScan) {
      remembered_->databases[size.index].cursor = pages_->cursor();
    }
    keep_tally();
    next_database();
  }

  void keep_tally() {
    if (!tally_) return;
    outcome_.databases.push_back({.size = databases_[current_],
                                  .method = pages_->method(),
                                  .every_key = pages_->method() == Method::kFull &&
                                               pages_->ended() && looks_.empty() && !has_ready_,
                                  .tally = *std::move(tally_)});
    tally_.reset();
  }

  void on_last_info(std::span<redis::Reply> replies) {
    if (replies.front().is_error()) {
      fail({redis::classify_error(replies.front().text), replies.front().text});
      return;
    }
    outcome_.end = read_facts(replies.front().text);
    conclude(true);
  }

  void report_progress() {
    const Clock::time_point now = Clock::now();
    if (!callbacks_.progress || now - progress_at_ < kProgressStep) return;
    progress_at_ = now;
    const auto self = shared_from_this();
    const auto progress = callbacks_.progress;
    progress({.keys_read = keys_read_,
              .keys_total = std::max(planned_, keys_read_),
              .elapsed = now - started_});
  }

  void conclude(bool complete) {
    if (ended_) return;
    const auto self = shared_from_this();
    ended_ = true;
    session_->close();
    timer_.cancel();
    if (!complete) keep_tally();
    outcome_.complete = complete;
    outcome_.took = Clock::now() - started_;
    outcome_.commands = commands_;
    outcome_.server_seconds = pace_.server_time().count();
    auto report = make_report(std::move(outcome_), databases_, options_, *remembered_);
    asio::post(executor_, [callbacks = std::exchange(callbacks_, {}), report = std::move(report)] {
      callbacks.done(report);
    });
  }

  asio::any_io_executor executor_;
  const SurveyOptions options_;
  std::shared_ptr<keys::Matcher> matcher_;
  redis::ProbeLedger& ledger_;
  std::shared_ptr<Remembered> remembered_;
  Callbacks callbacks_;
  std::shared_ptr<Session> session_;
  asio::steady_timer timer_;
  Pace pace_;
  std::mt19937_64 random_;
  bool ended_ = false;
  const Clock::time_point started_ = Clock::now();
  Clock::time_point progress_at_{};
  Clock::duration took_{};  // by batches since the last pause
  std::size_t asked_ = 0;   // commands since then
  std::uint64_t commands_ = 0;
  Outcome outcome_;

  std::vector<DatabaseSize> databases_;  // that are asked for
  std::vector<std::uint64_t> samples_;   // of each
  std::uint64_t planned_ = 0;            // their sum
  std::uint64_t keys_read_ = 0;
  double ttls_left_ = 0;
  double ttls_taken_ = 0;
  std::size_t looks_made_ = 0;

  // Of the database under way.
  std::size_t databases_begun_ = 0;
  std::size_t current_ = 0;
  std::uint64_t wanted_ = 0;
  std::uint64_t fetched_ = 0;
  int idle_left_ = 0;
  std::optional<Tally> tally_;
  std::optional<KeyPages> pages_;
  std::unordered_set<std::string> whales_;
  std::optional<PageLook> whale_look_;
  bool fetching_ = false;
  bool has_ready_ = false;
  std::vector<std::string> ready_;  // a page that is still to be looked at
  std::deque<PageLook> looks_;      // whose replies are missing
  std::size_t void_looks_ = 0;      // so many of these, the first, do not count
};

}  // namespace

std::shared_ptr<Remembered> make_remembered() { return std::make_shared<Remembered>(); }

std::shared_ptr<Survey> Survey::start(asio::any_io_executor executor, net::Resolver& resolver,
                                      net::TlsContexts& tls_contexts, redis::Target target,
                                      SurveyOptions options, std::shared_ptr<keys::Matcher> matcher,
                                      redis::ProbeLedger& ledger,
                                      std::shared_ptr<Remembered> remembered, Callbacks callbacks) {
  const auto round = std::make_shared<Round>(executor, resolver, tls_contexts, target,
                                             std::move(options), std::move(matcher), ledger,
                                             std::move(remembered), std::move(callbacks));
  round->begin();
  return round;
}

}  // namespace hitwatch::keyspace
