#include "agent/keyspace_checking.h"

#include "agent/keyspace_place.h"
#include "agent/keyspace_spans.h"

namespace hitwatch {
namespace {

// How long figures outlive the last round that could read something.
constexpr int kKeptCheckIntervals = 3;

}  // namespace

Keyspace::Checking::Checking(Keyspace& keyspace, Watch& watch)
    : keyspace_(keyspace),
      watch_(watch),
      name_(watch.target().name()),
      rounds_(keyspace.loop_.get_executor(), [this] { begin(); }),
      log_(keyspace.log_, name_, "check") {}

Keyspace::Checking::~Checking() { break_off(); }

void Keyspace::Checking::configure() {
  const Settings& settings = *keyspace_.settings_;
  if (!settings.check.any()) {
    rounds_.stop();
    break_off();
    checks_ = nullptr;
    publish({});
  } else if (rounds_.running()) {
    rounds_.set_interval(settings.check.interval);
  } else {
    rounds_.start(first_delay(name_, settings.check.interval, settings.targets),
                  settings.check.interval);
  }
}

void Keyspace::Checking::begin() {
  if (watch_.is_sentinel()) {
    rounds_.ended();
    return;
  }
  if (!is_checked_at(watch_.target(), keyspace_.peers_of(watch_),
                     keyspace_.settings_->check.on_masters)) {
    read_at_ = {};
    publish({});
    log_.went_well();
    rounds_.ended();
    return;
  }
  round_ = std::make_shared<Round>();
  keyspace_.checks_.take([this, round = std::weak_ptr(round_)](Turns::Turn turn) {
    const auto alive = round.lock();
    if (alive == nullptr) return;
    alive->turn = std::move(turn);
    start_checks();
  });
}

void Keyspace::Checking::start_checks() {
  const Settings& settings = *keyspace_.settings_;
  if (const std::string& failed = watch_.target().place.failed; !failed.empty()) {
    options_ = settings.check;
    on_result({.snapshot = nullptr, .complete = false, .notes = {"failed: " + failed}});
    return;
  }
  if (checks_ == nullptr || options_ != settings.check || session_ != settings.session) {
    options_ = settings.check;
    session_ = settings.session;
    checks_ = keyspace::Checks::make(keyspace_.loop_.get_executor(), keyspace_.resolver_,
                                     keyspace_.tls_contexts_, keyspace_.families_, watch_.target(),
                                     options_, session_, keyspace_.ledger_);
  }
  checks_->start([this, round = std::weak_ptr(round_)](const keyspace::CheckResult& result) {
    if (!round.expired()) on_result(result);
  });
}

void Keyspace::Checking::on_result(const keyspace::CheckResult& result) {
  const auto now = Rounds::Clock::now();
  if (result.snapshot != nullptr) {
    read_at_ = now;
    publish(result);
  } else if (now - read_at_ >= kKeptCheckIntervals * options_.interval) {
    publish(result);
  }
  if (result.complete) {
    log_.went_well();
  } else if (result.snapshot != nullptr) {
    log_.partial(joined_notes(result.notes));
  } else if (watch_.target().place.failed.empty()) {  // that it failed is told elsewhere
    log_.failed(joined_notes(result.notes));
  }
  trace_round(keyspace_.tracer_, {.name = "check keys",
                                  .start = round_->start,
                                  .target = watch_.target(),
                                  .fault = result.complete ? "" : joined_notes(result.notes),
                                  .failed = result.snapshot == nullptr});
  end_round();
}

void Keyspace::Checking::end_round() {
  round_ = nullptr;
  rounds_.ended();
}

void Keyspace::Checking::break_off() {
  if (round_ == nullptr) return;
  round_ = nullptr;
  if (checks_ != nullptr) checks_->cancel();
}

void Keyspace::Checking::publish(const keyspace::CheckResult& result) {
  KeyspaceResult latest = watch_.watched().latest_keyspace();
  latest.checked = result.snapshot;
  latest.check_notes = result.notes.empty()
                           ? nullptr
                           : std::make_shared<const std::vector<std::string>>(result.notes);
  watch_.watched().set_latest_keyspace(latest);
}

}  // namespace hitwatch
