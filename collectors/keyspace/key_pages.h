// Which keys of a database to look at: asks for pages of names, and when a server refuses one way
// of choosing them, or answers it with nonsense, takes the next. Knows no connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
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
  // answer (loading, busy, without its master).
  std::expected<std::vector<std::string>, net::Error> take(std::span<redis::Reply> replies);

  // Whether every key has been seen (kFull), or there is no way left (kNone).
  bool ended() const { return ended_; }
  Method method() const { return method_; }
  const std::string& cursor() const { return cursor_; }
  // Why `method` is not the one that was asked for; "" if it is.
  const std::string& why() const { return why_; }
  // The last take() found that the server does not do what SCAN is to do: the names so far were no
  // sample.
  bool misled() const { return misled_; }

  // What was answered with errors: not to be asked in the next round either.
  struct Refused {
    bool made_up_cursors = false;
    bool scan = false;
    bool random_key = false;
  };
  const Refused& refused() const { return refused_; }

 private:
  // So many pages without a key, of a database that has some, mean that a cursor is not understood.
  static constexpr int kMostEmptyPages = 20;
  static constexpr std::size_t kCompared = 4;

  void fall_back(Method method, std::string why);
  void fall_back_misled(Method method, std::string why);
  void on_refusal(std::string_view error);
  bool take_page(redis::Reply& reply, std::vector<std::string>& names);
  void on_next_cursor(std::size_t names);
  void watch(const std::vector<std::string>& names);
  void on_many_empty_pages();

  Method method_;
  std::string cursor_;
  const std::uint64_t keys_;
  std::mt19937_64 random_;
  std::string why_;
  bool ended_ = false;
  bool misled_ = false;
  Refused refused_;
  bool answered_ = false;  // to RANDOMKEY
  // Whether SCAN runs in circles (R. P. Brent, "An improved Monte Carlo factorization algorithm",
  // 1980): a cursor is compared with that of 1, 2, 4, … steps before.
  std::string milestone_;
  std::uint64_t steps_ = 0;
  std::uint64_t steps_to_milestone_ = 1;
  // Since SCAN began at 0; nothing if it did not yet.
  std::optional<std::uint64_t> names_since_begin_;
  int empty_pages_ = 0;
  std::array<std::string, kCompared> first_names_;  // of the first pages
  std::size_t pages_ = 0;
};

}  // namespace hitwatch::keyspace
