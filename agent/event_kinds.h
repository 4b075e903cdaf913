// What there is to know of each kind of event (collectors/topology/event.h): how important it is,
// and what people are told. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "agent/log/log.h"
#include "collectors/redis/server_changes.h"
#include "collectors/topology/event.h"

namespace hitwatch {

struct EventKind {
  std::string_view word;     // one of topology::event_kind
  log::Level level;          // kDebug: no line of its own, since the log has one for it already
  std::string_view message;  // of the line
  std::string (*sentence)(const topology::Event&);  // without who told it
};

std::span<const EventKind> event_kinds();
// The row of that word; nullptr if there is none.
const EventKind* find_event_kind(std::string_view word);
// That of a change that a poll saw.
std::string_view event_kind_of(redis::ServerChange::Kind kind);

// "mymaster: 10.0.0.2:6379 is the master now, in place of 10.0.0.1:6379 (told by 10.0.0.9:26379)."
std::string event_sentence(const topology::Event& event);

}  // namespace hitwatch
