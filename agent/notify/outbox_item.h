// A message in the outbox, and the text by which the map keeps it: a line with what the outbox
// knows of it, and the message as JSON, which attempts do not change.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "agent/notify/outbox.h"

namespace hitwatch::notify {

class DestinationQueue;

struct OutboxItem {
  Outbox::Entry entry;
  std::int64_t asked_until = 0;  // the receiver asked to be left alone until then
  std::uint64_t bytes = 0;       // of its text
  std::uint64_t round = 0;       // of its destination, when it was taken
  DestinationQueue* queue = nullptr;
};

std::string item_text(const OutboxItem& item, std::string_view message_json);
// The part of a text that is the message.
std::string_view item_message(std::string_view text);
std::expected<OutboxItem, std::string> item_from_text(std::string_view text);

}  // namespace hitwatch::notify
