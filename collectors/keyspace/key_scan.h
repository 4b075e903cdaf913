// One whole SCAN of a database, page by page: each key once.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "agent/net/error.h"
#include "collectors/keyspace/conversation.h"
#include "collectors/keyspace/seen_keys.h"

namespace hitwatch::keyspace {

class KeyScan {
 public:
  // Keys of one SCAN of which it is known for sure that none is given twice.
  static constexpr std::size_t kMostRemembered = 1'000'000;

  struct Page {
    std::vector<std::string> names;  // those beyond the session's longest string are cut
    bool last = false;
    bool refused = false;  // the scan ends here without having read everything
  };

  // `pattern` as SCAN MATCH takes it, "" for every key; `count` is SCAN's COUNT.
  KeyScan(Conversation& conversation, int database, std::string pattern, std::size_t count);

  // Asks for the next page, not after the last. An error: the connection is gone. Neither the scan
  // nor the conversation may go before `done` was called, unless the conversation is closed.
  void next(std::function<void(std::expected<Page, net::Error>)> done);

  // Whether keys may have been given twice after all.
  bool uncertain() const { return seen_.overflowed(); }

 private:
  std::expected<Page, net::Error> take(std::expected<Conversation::Replies, net::Error> replies);

  Conversation& conversation_;
  const int database_;
  const std::string pattern_;
  const std::string count_;
  std::string cursor_ = "0";
  SeenKeys seen_{kMostRemembered};
};

}  // namespace hitwatch::keyspace
