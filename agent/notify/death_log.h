// Says in the log which messages were given up: a warning for each, at most ten a minute for a
// destination. How many more there were is said when their minute is over.
//
// What is said: the destination, the group, why, and how often it was tried. Reasons have no
// secrets (see `judge`), and URLs are not said at all. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "agent/log/log.h"
#include "agent/notify/outbox.h"

namespace hitwatch::notify {

class DeathLog {
 public:
  explicit DeathLog(log::Log& log) : log_(log) {}

  void note(const Outbox::Entry& dead, std::int64_t now);
  // Call it now and then: says what is left to say of minutes that are over.
  void flush(std::int64_t now);
  // The same of all of them.
  void flush_all();

 private:
  struct Minute {
    std::int64_t begin = 0;
    std::size_t said = 0;
    std::size_t unsaid = 0;
  };
  void say_rest(const std::string& destination, const Minute& minute);

  log::Log& log_;
  std::map<std::string, Minute> minutes_;  // by destination; those in which something died
};

}  // namespace hitwatch::notify
