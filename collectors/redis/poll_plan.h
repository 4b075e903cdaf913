// All that a poll asks of a known server, in the form in which it is sent. Made once for a server
// that stays the same.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "collectors/redis/collect.h"
#include "collectors/redis/target.h"

namespace hitwatch::redis {

class PollPlan {
 public:
  // For a server of these facts, without what collectors in `unavailable` ask.
  void make(const ServerFacts& server, const CollectOptions& options,
            const std::map<std::string, std::string>& unavailable);
  // Options or what is unavailable have changed: from now on it is for no server.
  void forget() { made_for_.clear(); }
  bool is_for(const ServerFacts& server) const;

  // INFO, then the others. Valid until it is made anew.
  std::span<const Request> requests() const { return requests_; }
  const std::string& bytes() const { return bytes_; }
  // Of a server whose INFO is known already.
  std::span<const Request> after_info() const { return requests().subspan(1); }
  std::string bytes_after_info() const { return bytes_.substr(info_bytes_); }

 private:
  std::vector<Request> requests_;
  std::string bytes_;
  std::size_t info_bytes_ = 0;  // how much of it is the INFO command
  std::string made_for_;        // the facts; "" for none
};

// Requests in the form in which they are sent.
std::string encode(std::span<const Request> requests);

}  // namespace hitwatch::redis
