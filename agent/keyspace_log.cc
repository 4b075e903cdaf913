#include "agent/keyspace_log.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace hitwatch {

KeyspaceLog::KeyspaceLog(log::Log& log, std::string target, std::string_view what)
    : log_(log), target_(std::move(target)), what_(what) {}

void KeyspaceLog::failed(std::string_view reason) {
  if (!is_new("failed: ", reason)) return;
  log_.warn("nothing was learned of the keys of a target",
            {{"target", target_}, {"what", what_}, {"reason", reason}});
}

void KeyspaceLog::partial(std::string_view reason) {
  if (!is_new("partial: ", reason)) return;
  log_.info("the keys of a target were looked at in part",
            {{"target", target_}, {"what", what_}, {"reason", reason}});
}

void KeyspaceLog::went_well() {
  if (std::exchange(known_, {}).empty()) return;
  log_.info("the keys of a target are looked at again", {{"target", target_}, {"what", what_}});
}

bool KeyspaceLog::is_new(std::string_view kind, std::string_view reason) {
  std::string words(kind);
  std::ranges::copy_if(reason, std::back_inserter(words),
                       [](char c) { return c < '0' || c > '9'; });
  if (words == known_) return false;
  known_ = std::move(words);
  return true;
}

std::string joined_notes(std::span<const std::string> notes) {
  constexpr std::size_t kMostNotes = 5;
  if (notes.empty()) return "no reason was given";
  std::string text =
      fmt::format("{}", fmt::join(notes.first(std::min(notes.size(), kMostNotes)), "; "));
  if (notes.size() > kMostNotes) text += "; and more";
  return text;
}

}  // namespace hitwatch
