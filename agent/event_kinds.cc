#include "agent/event_kinds.h"

#include <fmt/core.h>

#include <algorithm>

namespace hitwatch {
namespace {

namespace word = topology::event_kind;
using topology::Event;

// Redis' own word for a replica is not the one to tell people.
std::string_view role_word(std::string_view role) { return role == "slave" ? "replica" : role; }

std::string_view server_of(const Event& event) {
  return event.instance.empty() ? std::string_view("a server") : event.instance;
}
std::string_view group_of(const Event& event) {
  return event.group.empty() ? server_of(event) : event.group;
}
std::string of_group(const Event& event, std::string_view preposition) {
  return event.group.empty() ? std::string() : fmt::format(" {} {}", preposition, event.group);
}

std::string failover_text(const Event& event) {
  if (event.to.empty()) return fmt::format("{} has another master", group_of(event));
  std::string text = fmt::format("{}: {} is the master now", group_of(event), event.to);
  if (!event.from.empty()) text += fmt::format(", in place of {}", event.from);
  return text;
}

std::string in_brackets(const std::string& text) {
  return text.empty() ? std::string() : fmt::format(" ({})", text);
}

std::string slots_text(const Event& event) {
  std::string text = fmt::format("{}: slots have moved", group_of(event));
  if (!event.from.empty()) text += fmt::format(", from {}", event.from);
  if (!event.to.empty()) text += fmt::format(" to {}", event.to);
  return text;
}

// A server against its group, two views of the group, or only that there are some.
std::string disagreement_text(const Event& event) {
  if (event.from.empty() || event.to.empty()) {
    const std::string who = event.instance.empty() || event.group.empty()
                                ? "those who are asked disagree"
                                : fmt::format("{} contradicts the others", event.instance);
    return fmt::format("{}: {}{}", group_of(event), who, in_brackets(event.from + event.to));
  }
  if (event.instance.empty()) {
    return fmt::format("{}: most of those who are asked say {}, others {}", group_of(event),
                       event.from, event.to);
  }
  return fmt::format("{} says that it is a {}, and its group{} that it is a {}", event.instance,
                     role_word(event.to), in_brackets(event.group), role_word(event.from));
}

std::string agreement_text(const Event& event) {
  if (event.instance.empty() || event.group.empty()) {
    return fmt::format("{}: those who are asked agree again{}", group_of(event),
                       in_brackets(event.to));
  }
  return fmt::format("{} and its group ({}) say the same again{}", event.instance, event.group,
                     in_brackets(std::string(role_word(event.to))));
}

// Of those that a source had too many of at once.
std::string left_out_text(const Event& event) {
  const std::string_view events = event.left_out == 1 ? "event" : "events";
  return fmt::format("{}{} more {} of the kind {} within a minute",
                     event.group.empty() ? "" : event.group + ": ", event.left_out, events,
                     event.kind);
}

constexpr EventKind kEventKinds[] = {
    {word::kDown, log::Level::kDebug, "",
     [](const Event& event) {
       return fmt::format("{} stopped answering{}", server_of(event), in_brackets(event.to));
     }},
    {word::kUp, log::Level::kDebug, "",
     [](const Event& event) { return fmt::format("{} answers again", server_of(event)); }},
    {word::kRestarted, log::Level::kWarn, "a server was restarted",
     [](const Event& event) {
       return fmt::format("{} was restarted, or is another server now", server_of(event));
     }},
    {word::kReconnected, log::Level::kDebug, "",
     [](const Event& event) {
       return fmt::format("The connection to {} broke and was made anew", server_of(event));
     }},
    {word::kRoleChanged, log::Level::kWarn, "a server has another role",
     [](const Event& event) {
       return fmt::format("{} says that it is a {} now and no longer a {}", server_of(event),
                          role_word(event.to), role_word(event.from));
     }},
    {word::kMasterChanged, log::Level::kInfo, "a replica has another master",
     [](const Event& event) {
       return fmt::format("{} replicates from {} now and no longer from {}", server_of(event),
                          event.to, event.from);
     }},
    {word::kFailover, log::Level::kWarn, "failover", failover_text},
    {word::kNodeAdded, log::Level::kInfo, "a server was added",
     [](const Event& event) {
       return fmt::format("{} is there now{}{}", server_of(event), of_group(event, "in"),
                          event.to.empty() ? "" : fmt::format(", as {}", role_word(event.to)));
     }},
    {word::kNodeRemoved, log::Level::kInfo, "a server was removed",
     [](const Event& event) {
       return fmt::format("{} is no longer there{}", server_of(event), of_group(event, "in"));
     }},
    {word::kNodeFailed, log::Level::kWarn, "a server is held for failed",
     [](const Event& event) {
       return fmt::format("{} is held for failed{}", server_of(event), of_group(event, "in"));
     }},
    {word::kNodeRecovered, log::Level::kInfo, "a server is no longer held for failed",
     [](const Event& event) {
       return fmt::format("{} is no longer held for failed{}", server_of(event),
                          of_group(event, "in"));
     }},
    {word::kSlotsMoved, log::Level::kInfo, "slots have moved", slots_text},
    {word::kDisagreement, log::Level::kWarn, "those who are asked disagree", disagreement_text},
    {word::kAgreement, log::Level::kInfo, "those who are asked agree again", agreement_text},
    {word::kSourceLost, log::Level::kWarn, "nobody tells which servers there are",
     [](const Event& event) {
       return fmt::format("{}: nobody tells which servers there are{}", group_of(event),
                          in_brackets(event.to));
     }},
    {word::kSourceFound, log::Level::kInfo, "now somebody tells which servers there are",
     [](const Event& event) {
       return fmt::format("{}: now somebody tells which servers there are", group_of(event));
     }},
};

}  // namespace

std::span<const EventKind> event_kinds() { return kEventKinds; }

const EventKind* find_event_kind(std::string_view wanted) {
  const auto* found = std::ranges::find(kEventKinds, wanted, &EventKind::word);
  return found == std::end(kEventKinds) ? nullptr : found;
}

std::string_view event_kind_of(redis::ServerChange::Kind kind) {
  using Kind = redis::ServerChange::Kind;
  switch (kind) {
    case Kind::kDown:
      return word::kDown;
    case Kind::kUp:
      return word::kUp;
    case Kind::kRestarted:
      return word::kRestarted;
    case Kind::kReconnected:
      return word::kReconnected;
    case Kind::kRoleChanged:
      return word::kRoleChanged;
    case Kind::kMasterChanged:
      return word::kMasterChanged;
  }
  return word::kDown;
}

std::string event_sentence(const Event& event) {
  if (event.left_out > 0) return left_out_text(event) + '.';
  const EventKind* kind = find_event_kind(event.kind);
  std::string text =
      kind == nullptr ? fmt::format("{}: {}", group_of(event), event.kind) : kind->sentence(event);
  if (!event.told_by.empty()) text += fmt::format(" (told by {})", event.told_by);
  return text + '.';
}

}  // namespace hitwatch
