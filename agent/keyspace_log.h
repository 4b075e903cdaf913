// Tells of rounds of looking at keys that failed or saw a part only: once, and again when the
// reason changes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "agent/log/log.h"

namespace hitwatch {

class KeyspaceLog {
 public:
  // `what` is done, "sample" or "check", at the target of that name. The log must outlive this.
  KeyspaceLog(log::Log& log, std::string target, std::string_view what);

  // A reason that differs in its figures only is the same.
  void failed(std::string_view reason);
  void partial(std::string_view reason);
  void went_well();

 private:
  bool is_new(std::string_view kind, std::string_view reason);

  log::Log& log_;
  const std::string target_;
  const std::string what_;
  std::string known_;  // what was told last; "" if all is well
};

// What notes say, as one reason.
std::string joined_notes(std::span<const std::string> notes);

}  // namespace hitwatch
