#include "collectors/keyspace/key_scan.h"

#include <utility>

namespace hitwatch::keyspace {

KeyScan::KeyScan(Conversation& conversation, int database, std::string pattern, std::size_t count)
    : conversation_(conversation),
      database_(database),
      pattern_(std::move(pattern)),
      count_(std::to_string(count)) {}

void KeyScan::next(std::function<void(std::expected<Page, net::Error>)> done) {
  Question question{.command = Command::kScan, .arguments = {cursor_}};
  if (!pattern_.empty()) {
    question.arguments.insert(question.arguments.end(), {"MATCH", pattern_});
  }
  question.arguments.insert(question.arguments.end(), {"COUNT", count_});
  conversation_.ask(database_, {std::move(question)}, [this, done = std::move(done)](auto replies) {
    done(take(std::move(replies)));
  });
}

std::expected<KeyScan::Page, net::Error> KeyScan::take(
    std::expected<Conversation::Replies, net::Error> replies) {
  if (!replies) return std::unexpected(std::move(replies.error()));
  Page page;
  auto& reply = replies->front();
  if (!reply || reply->elements.size() != 2) {
    page.refused = true;
    return page;
  }
  const std::string cursor(reply->elements[0].string());
  // A cursor that comes back unchanged would never end.
  page.refused = cursor.empty() || (cursor == cursor_ && cursor != "0");
  page.last = cursor == "0";
  cursor_ = cursor;
  for (redis::Reply& name : reply->elements[1].elements) {
    if (seen_.insert(name.text)) page.names.push_back(std::move(name.text));
  }
  return page;
}

}  // namespace hitwatch::keyspace
