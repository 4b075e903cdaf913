// `keys.check.count`: how many keys match a glob.
#include <utility>

#include "collectors/keyspace/check_step.h"
#include "collectors/keyspace/key_scan.h"

namespace hitwatch::keyspace {
namespace {

class CountStep : public CheckStep {
 public:
  CountStep(CheckRound& round, KeySelector selector)
      : round_(round),
        selector_(std::move(selector)),
        scan_(round.conversation, selector_.database, selector_.text, round.options.scan_count) {}

  void run(Done done) override {
    done_ = std::move(done);
    if (round_.server.may_have_keys(selector_.database)) {
      scan_.next([this](auto page) { on_page(std::move(page)); });
    } else {
      tell();
    }
  }

 private:
  void on_page(std::expected<KeyScan::Page, net::Error> page) {
    if (!page) return done_(std::move(page.error()));
    if (page->refused) {
      round_.fell_short(Shortfall::kScanRefused);
      return done_(std::nullopt);
    }
    keys_ += page->names.size();
    if (!page->last) {
      scan_.next([this](auto next) { on_page(std::move(next)); });
      return;
    }
    tell();
  }

  void tell() {
    if (scan_.uncertain()) round_.fell_short(Shortfall::kCountUncertain);
    round_.add(redis::Metric::kKeysCount, static_cast<double>(keys_),
               {{"db", database_label(selector_.database)}, {"key", label_text(selector_.text)}});
    done_(std::nullopt);
  }

  CheckRound& round_;
  const KeySelector selector_;
  KeyScan scan_;
  Done done_;
  std::uint64_t keys_ = 0;
};

}  // namespace

std::unique_ptr<CheckStep> make_count_step(CheckRound& round, KeySelector selector) {
  return std::make_unique<CountStep>(round, std::move(selector));
}

}  // namespace hitwatch::keyspace
