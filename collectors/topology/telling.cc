#include "collectors/topology/telling.h"

#include <fmt/format.h>

#include <utility>

namespace hitwatch::topology {
namespace {

std::string and_more(std::uint64_t count) { return fmt::format("… and {} more", count); }

}  // namespace

Telling::Telling(log::Log& log, std::string source, std::function<void(Event)> happened)
    : log_(log), source_(std::move(source)), happened_(std::move(happened)) {}

void Telling::event(Event event, Clock::time_point now) {
  turn(now);
  Events& of_kind = events_[event.kind];
  if (of_kind.told < kMostEvents) {
    ++of_kind.told;
    happened_(std::move(event));
    return;
  }
  ++untold_events_;
  if (of_kind.untold++ == 0) {
    of_kind.group = std::move(event.group);
  } else if (of_kind.group != event.group) {
    of_kind.group.clear();
  }
}

void Telling::info(std::string_view text, Fields fields, Clock::time_point now) {
  if (may_log(text, now)) log_.info(text, fields);
}

void Telling::warn(std::string_view text, Fields fields, Clock::time_point now) {
  if (may_log(text, now)) log_.warn(text, fields);
}

bool Telling::may_log(std::string_view text, Clock::time_point now) {
  turn(now);
  Lines& of_text = lines_[std::string(text)];
  if (of_text.told < kMostLines) {
    ++of_text.told;
    return true;
  }
  ++of_text.untold;
  ++untold_lines_;
  return false;
}

void Telling::turn(Clock::time_point now) {
  if (now - began_ < kPeriod) return;
  began_ = now;
  tell_rest();
}

void Telling::tell_rest() {
  for (const auto& [text, lines] : std::exchange(lines_, {})) {
    if (lines.untold > 0) {
      log_.warn(text, {{"source", source_}, {"left_out", and_more(lines.untold)}});
    }
  }
  for (auto& [kind, events] : std::exchange(events_, {})) {
    if (events.untold == 0) continue;
    Event rest;
    rest.time = std::chrono::system_clock::now();
    rest.kind = kind;
    rest.group = std::move(events.group);
    rest.to = and_more(events.untold);
    rest.left_out = events.untold;
    happened_(std::move(rest));
  }
}

}  // namespace hitwatch::topology
