#include "collectors/keyspace/found_keys.h"

#include <fmt/format.h>

#include <utility>

namespace hitwatch::keyspace {

FoundKeys::FoundKeys(CheckRound& round, const KeySelector& selector, bool by_name,
                     std::unordered_set<std::string>& known)
    : round_(round),
      selector_(selector),
      by_name_(by_name),
      known_(known),
      scan_(round.conversation, selector.database, selector.text, round.options.scan_count) {}

void FoundKeys::find(Done done) {
  done_ = std::move(done);
  if (by_name_) {
    names_ = {selector_.text};
    give();
  } else if (!round_.server.may_have_keys(selector_.database)) {
    give();
  } else {
    scan_.next([this](auto page) { on_page(std::move(page)); });
  }
}

void FoundKeys::on_page(std::expected<KeyScan::Page, net::Error> page) {
  if (!page) return done_(std::unexpected(std::move(page.error())));
  for (std::string& name : page->names) {
    if (names_.size() == kMostKeysOfSelector) {
      round_.fell_short(Shortfall::kSelectorCut);
      return give();
    }
    names_.push_back(std::move(name));
  }
  if (page->refused) round_.fell_short(Shortfall::kScanRefused);
  if (page->refused || page->last) return give();
  scan_.next([this](auto next) { on_page(std::move(next)); });
}

void FoundKeys::give() {
  std::vector<std::string> names = std::move(names_);
  keep_own_keys(round_, names, by_name_);
  std::erase_if(names, [&](const std::string& name) {
    if (!by_name_ && name.size() > kLongestName) {
      round_.fell_short(Shortfall::kLongNames);
      return true;
    }
    return !known_.insert(fmt::format("{}:{}", selector_.database, name)).second;
  });
  done_(std::move(names));
}

}  // namespace hitwatch::keyspace
