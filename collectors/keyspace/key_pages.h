// Which keys of a database to look at: asks for pages of names, and when a server refuses one way
// of choosing them, or answers it with nonsense, takes the next. Knows no connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "agent/net/error.h"
#include "collectors/keyspace/report.h"
#include "collectors/redis/reply.h"
#include "collectors/redis/session.h"

namespace hitwatch::keyspace {

// kFull: SCAN from its beginning to its end. kRandomCursors: SCAN from cursors that nobody gave us;
// what a server makes of them is not documented, so its answers are watched. kRollingScan: SCAN on
// from `cursor`, over the end to the beginning. kRandomKey: as it says.
class KeyPages {
 public:
  // `keys` is about how many the database has. kNone: nothing is asked.
  KeyPages(Method method, std::string cursor, std::uint64_t keys, std::uint64_t seed);

  // Adds the commands for the next page of about `size` keys.
  void ask(redis::Batch& batch, std::size_t size);
  // The replies to those. No names do not mean the end. Fails if the server is in no state to
  // answer (loading, without its master).
  std::expected<std::vector<std::string>, net::Error> take(std::span<redis::Reply> replies);

  // Whether every key has been seen (kFull), or there is no way left (kNone).
  bool ended() const { return ended_; }
  Method method() const { return method_; }
  const std::string& cursor() const { return cursor_; }
  // Why `method` is not the one that was asked for; "" if it is.
  const std::string& why() const { return why_; }

 private:
  // So many pages without a key, of a database that has some, mean that a cursor is not understood.
  static constexpr int kMostEmptyPages = 20;
  static constexpr std::size_t kCompared = 4;

  void fall_back(Method method, std::string why);
  void on_refusal(std::string_view error);
  void watch(const std::vector<std::string>& names);

  Method method_;
  std::string cursor_;
  const std::uint64_t keys_;
  std::mt19937_64 random_;
  std::string why_;
  bool ended_ = false;
  bool answered_ = false;  // to RANDOMKEY
  int empty_pages_ = 0;
  std::array<std::string, kCompared> first_names_;  // of the first pages
  std::size_t pages_ = 0;
};

}  // namespace hitwatch::keyspace
