#include "agent/keyspace_sampling.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "agent/keyspace_place.h"
#include "agent/keyspace_spans.h"

namespace hitwatch {
namespace {

// How long figures outlive the last round that could read something.
constexpr int kKeptSampleIntervals = 3;
// How long a round may read keys.
constexpr int kRoundIntervals = 3;
// For how long a replica that was of no use is not asked again.
constexpr int kShunnedIntervals = 10;
// How many replicas are tried in a round, and how long each has to introduce itself: where none can
// be reached from here, no round should wait long for that.
constexpr std::size_t kMostSources = 2;
constexpr std::chrono::milliseconds kSourceTimeout{2000};

std::string describe(const net::Error& error) {
  return fmt::format("{}: {}", net::reason_word(error.reason), error.text);
}

// Why a server is no replica that can stand in for one that said `own`; "" if it can.
std::string why_unusable(const std::expected<Replication, net::Error>& introduction,
                         const Replication& own) {
  if (!introduction) return describe(introduction.error());
  if (!introduction->replica || introduction->id != own.id) return "no replica of this master";
  if (introduction->loading) return "loading its data set";
  if (!introduction->link_up) return "not connected to its master";
  return "";
}

}  // namespace

bool replaces(const keyspace::Report& report, const keyspace::Report& former,
              Rounds::Clock::duration age, Rounds::Clock::duration kept) {
  return report.complete || age >= kept ||
         2 * report.sampled >= std::min(former.sampled, report.keys);
}

Keyspace::Sampling::Sampling(Keyspace& keyspace, Watch& watch)
    : keyspace_(keyspace),
      watch_(watch),
      name_(watch.target().name()),
      rounds_(keyspace.loop_.get_executor(), [this] { begin(); }),
      remembered_(keyspace::make_remembered()),
      metrics_(keyspace.families_),
      log_(keyspace.log_, name_, "sample") {}

Keyspace::Sampling::~Sampling() { break_off(); }

void Keyspace::Sampling::configure() {
  const Settings& settings = *keyspace_.settings_;
  if (!settings.sample.enabled) {
    rounds_.stop();
    break_off();
    publish(nullptr, nullptr);
  } else if (rounds_.running()) {
    rounds_.set_interval(settings.sample.interval);
  } else {
    rounds_.start(first_delay(name_, settings.sample.interval, settings.targets),
                  settings.sample.interval);
  }
}

void Keyspace::Sampling::begin() {
  if (watch_.target().place.role == "sentinel") {  // not to be asked by the way
    publish(nullptr, nullptr);
    rounds_.ended();
    return;
  }
  round_ = std::make_shared<Round>();
  if (const std::string& failed = watch_.target().place.failed; !failed.empty()) {
    on_introduction(std::unexpected(net::Error{net::Reason::kFailed, failed}));
    return;
  }
  keyspace_.introductions_.take(in_this_round([this](Turns::Turn turn) {
    round_->turn = std::move(turn);
    round_->introduction = ask_replication(
        keyspace_.loop_.get_executor(), keyspace_.resolver_, keyspace_.tls_contexts_,
        watch_.target(), keyspace_.settings_->session,
        in_this_round([this](const Watch::Introduction& said) { on_introduction(said); }));
  }));
}

void Keyspace::Sampling::on_introduction(const Watch::Introduction& introduction) {
  round_->introduction = nullptr;
  watch_.note(introduction);
  const std::vector<Peer> peers = keyspace_.peers_of(watch_);
  const bool counted = has_master_among(watch_.target(), peers) ||
                       (introduction && is_counted_with_master(*introduction, peers));
  if (counted || (introduction && introduction->sentinel)) {
    publish(nullptr, nullptr);
    log_.went_well();
    end_round();
  } else if (!introduction) {
    fail(describe(introduction.error()), nullptr);
  } else if (introduction->loading) {
    fail("loading: the server is loading its data set", nullptr);
  } else {
    round_->own = *introduction;
    find_replicas();
    try_next_source();
  }
}

void Keyspace::Sampling::find_replicas() {
  const Settings& settings = *keyspace_.settings_;
  if (!settings.sample.prefer_replica) return;
  auto [sources, untold] =
      replica_sources(watch_.target(), round_->own, keyspace_.peers_of(watch_));
  if (!untold.empty() && !std::exchange(told_of_untold_, true)) {
    keyspace_.log_.info("replicas are not sampled: they may not be told the master's password",
                        {{"target", name_},
                         {"replicas", std::to_string(untold.size())},
                         {"first", untold.front()}});
  }
  std::erase_if(sources, [this](const Source& source) { return is_shunned(source); });
  if (sources.size() > kMostSources) sources.resize(kMostSources);
  std::ranges::reverse(sources);
  round_->sources = std::move(sources);
}

void Keyspace::Sampling::try_next_source() {
  if (round_->sources.empty()) {
    wait_for_survey({watch_.target(), name_});
    return;
  }
  redis::Session::Options session = keyspace_.settings_->session;
  session.timeout = std::min(session.timeout, kSourceTimeout);
  round_->introduction =
      ask_replication(keyspace_.loop_.get_executor(), keyspace_.resolver_, keyspace_.tls_contexts_,
                      round_->sources.back().target, std::move(session),
                      in_this_round([this](const Watch::Introduction& said) { on_source(said); }));
}

void Keyspace::Sampling::on_source(const Watch::Introduction& introduction) {
  round_->introduction = nullptr;
  Source source = std::move(round_->sources.back());
  round_->sources.pop_back();
  const std::string fault = why_unusable(introduction, round_->own);
  if (fault.empty()) {
    wait_for_survey(std::move(source));
    return;
  }
  shun(source, fault);
  try_next_source();
}

void Keyspace::Sampling::wait_for_survey(Source source) {
  round_->source = std::move(source);
  round_->turn = nullptr;
  keyspace_.surveys_.take(in_this_round([this](Turns::Turn turn) {
    round_->turn = std::move(turn);
    start_survey();
  }));
}

void Keyspace::Sampling::start_survey() {
  follow_matcher();
  const auto round = round_;
  limit_survey();
  round->survey = keyspace::Survey::start(
      keyspace_.loop_.get_executor(), keyspace_.resolver_, keyspace_.tls_contexts_,
      round->source.target, survey_options(), matcher_, keyspace_.ledger_, remembered_,
      {.begin = {},
       .progress = {},
       .done = in_this_round(
           [this](const std::shared_ptr<const keyspace::Report>& report) { on_report(report); })});
}

keyspace::SurveyOptions Keyspace::Sampling::survey_options() const {
  const Settings& settings = *keyspace_.settings_;
  keyspace::SurveyOptions options;
  options.size = settings.sample.size;
  options.budget = settings.sample.budget;
  options.databases = watch_.target().databases;
  options.most_tenants = settings.tenants;
  options.session = settings.session;
  options.instance = round_->source.instance;
  return options;
}

// A server that is slow, or stands still, must not hold its figures back for ever.
void Keyspace::Sampling::limit_survey() {
  const auto limit =
      std::max(kRoundIntervals * keyspace_.settings_->sample.interval, keyspace_.round_limit_);
  round_->limit = std::make_unique<boost::asio::steady_timer>(keyspace_.loop_, limit);
  round_->limit->async_wait(in_this_round([this](const boost::system::error_code& code) {
    if (!code && round_->survey != nullptr) round_->survey->finish_now();
  }));
}

// Groups that other patterns made are none of the present ones.
void Keyspace::Sampling::follow_matcher() {
  if (matcher_ == keyspace_.settings_->matcher) return;
  matcher_ = keyspace_.settings_->matcher;
  remembered_ = keyspace::make_remembered();
}

void Keyspace::Sampling::on_report(const std::shared_ptr<const keyspace::Report>& report) {
  // It is the one that calls.
  boost::asio::post(keyspace_.loop_, [ended = std::move(round_->survey)] {});
  round_->limit = nullptr;
  const bool read_something = report->complete || report->sampled > 0;
  if (!read_something && !samples_itself()) {
    shun(round_->source, joined_notes(report->notes));
    wait_for_survey({watch_.target(), name_});
    return;
  }
  if (!read_something) {
    fail(joined_notes(report->notes), report->run_id.empty() ? nullptr : report);
    return;
  }
  if (is_worth_showing(*report)) {
    read_at_ = Rounds::Clock::now();
    shown_by_ = matcher_;
    publish(report, metrics_.snapshot(*report));
  }
  if (report->complete) {
    log_.went_well();
  } else {
    log_.partial(joined_notes(report->notes));
  }
  trace(report->complete ? "" : joined_notes(report->notes), false, report.get());
  end_round();
}

void Keyspace::Sampling::trace(std::string fault, bool failed,
                               const keyspace::Report* report) const {
  const Source& source = round_->source;
  trace_round(keyspace_.tracer_, {.name = "sample keys",
                                  .start = round_->start,
                                  .target = watch_.target(),
                                  .source = source.instance == name_ ? "" : source.instance,
                                  .fault = std::move(fault),
                                  .failed = failed,
                                  .report = report});
}

// Nothing could be read. Former figures stay for a while, then there is at best a report of why.
void Keyspace::Sampling::fail(std::string_view reason,
                              std::shared_ptr<const keyspace::Report> report) {
  // That it failed is told elsewhere.
  if (watch_.target().place.failed.empty()) log_.failed(reason);
  trace(std::string(reason), true, nullptr);
  const auto age = Rounds::Clock::now() - read_at_;
  if (age >= kKeptSampleIntervals * keyspace_.settings_->sample.interval) {
    publish(std::move(report), nullptr);
  }
  end_round();
}

void Keyspace::Sampling::end_round() {
  round_ = nullptr;
  rounds_.ended();
}

void Keyspace::Sampling::break_off() {
  if (round_ == nullptr) return;
  if (round_->survey != nullptr) round_->survey->cancel();
  round_ = nullptr;
}

bool Keyspace::Sampling::is_worth_showing(const keyspace::Report& report) const {
  const auto former = watch_.watched().latest_keyspace().report;
  if (former == nullptr || shown_by_ != matcher_) return true;
  return replaces(report, *former, Rounds::Clock::now() - read_at_,
                  kKeptSampleIntervals * keyspace_.settings_->sample.interval);
}

bool Keyspace::Sampling::samples_itself() const {
  return round_->source.target.same_server(watch_.target());
}

void Keyspace::Sampling::publish(std::shared_ptr<const keyspace::Report> report,
                                 std::shared_ptr<const metrics::Snapshot> sampled) {
  KeyspaceResult result = watch_.watched().latest_keyspace();
  result.report = std::move(report);
  result.sampled = std::move(sampled);
  watch_.watched().set_latest_keyspace(result);
}

void Keyspace::Sampling::shun(const Source& source, std::string_view reason) {
  const auto now = Rounds::Clock::now();
  std::erase_if(shunned_, [&](const auto& entry) { return entry.second <= now; });
  shunned_[source.target.url.address()] =
      now + kShunnedIntervals * keyspace_.settings_->sample.interval;
  keyspace_.log_.debug("a replica is not sampled in place of its master",
                       {{"target", name_}, {"replica", source.instance}, {"reason", reason}});
}

bool Keyspace::Sampling::is_shunned(const Source& source) const {
  const auto found = shunned_.find(source.target.url.address());
  return found != shunned_.end() && Rounds::Clock::now() < found->second;
}

}  // namespace hitwatch
