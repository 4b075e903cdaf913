#include "agent/notify/outbox_item.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/notify/message.h"

namespace hitwatch::notify {
namespace {

// A number that is missing is 0. None is so large that sums of them overflow.
bool read_item_number(const nlohmann::json& line, const char* name, std::int64_t& number) {
  constexpr std::int64_t kLargest = 1'000'000'000'000'000;
  const auto field = line.find(name);
  if (field == line.end()) return true;
  if (!field->is_number_integer()) return false;
  if (field->is_number_unsigned() && field->get<std::uint64_t>() > kLargest) return false;
  number = field->get<std::int64_t>();
  return number >= -kLargest;
}

}  // namespace

std::string item_text(const OutboxItem& item, std::string_view message_json) {
  const Outbox::Entry& entry = item.entry;
  nlohmann::json line = {{"number", entry.number},
                         {"queued_at", entry.queued_at},
                         {"attempts", entry.attempts},
                         {"next_attempt", entry.next_attempt}};
  if (item.asked_until != 0) line["asked_until"] = item.asked_until;
  if (entry.died_at != 0) line["died_at"] = entry.died_at;
  if (!entry.last_error.empty()) line["last_error"] = entry.last_error;
  // JSON on one line has no line break.
  std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.reserve(text.size() + 1 + message_json.size());
  text += '\n';
  text += message_json;
  return text;
}

std::string_view item_message(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

std::expected<OutboxItem, std::string> item_from_text(std::string_view text) {
  auto message = message_from_json(item_message(text));
  if (!message) return std::unexpected(message.error());
  const auto line = nlohmann::json::parse(text.substr(0, text.find('\n')), nullptr, false);
  if (!line.is_object()) return std::unexpected("the first line is not a JSON object");
  OutboxItem item;
  Outbox::Entry& entry = item.entry;
  std::int64_t attempts = 0;
  const bool read = read_item_number(line, "number", entry.number) &&
                    read_item_number(line, "queued_at", entry.queued_at) &&
                    read_item_number(line, "attempts", attempts) &&
                    read_item_number(line, "next_attempt", entry.next_attempt) &&
                    read_item_number(line, "asked_until", item.asked_until) &&
                    read_item_number(line, "died_at", entry.died_at);
  if (!read) return std::unexpected("a number of the first line is none");
  entry.attempts = static_cast<int>(std::clamp<std::int64_t>(attempts, 0, 1'000'000));
  const auto error = line.find("last_error");
  if (error != line.end() && error->is_string()) entry.last_error = error->get<std::string>();
  entry.message = *std::move(message);
  item.bytes = text.size();
  return item;
}

}  // namespace hitwatch::notify
