#include "tests/keyspace/redis_proxy.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>

namespace hitwatch::keyspace {
namespace {

using test::bulk;

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
struct FreeReader {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};

std::string encode(const redisReply& reply) {
  const std::string_view text(reply.str == nullptr ? "" : reply.str, reply.len);
  switch (reply.type) {
    case REDIS_REPLY_STRING:
      return bulk(text);
    case REDIS_REPLY_STATUS:
      return fmt::format("+{}\r\n", text);
    case REDIS_REPLY_ERROR:
      return error_reply(text);
    case REDIS_REPLY_INTEGER:
      return fmt::format(":{}\r\n", reply.integer);
    case REDIS_REPLY_ARRAY: {
      std::string all = fmt::format("*{}\r\n", reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i) all += encode(*reply.element[i]);
      return all;
    }
    default:
      return "$-1\r\n";
  }
}

// What comes next, "" at the end. A client may take its time: tests run beside each other.
std::string wait_for_bytes(int socket) {
  char buffer[4096];
  pollfd waiting{socket, POLLIN, 0};
  if (poll(&waiting, 1, 30'000) <= 0) return "";
  const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
  return got <= 0 ? "" : std::string(buffer, static_cast<std::size_t>(got));
}

}  // namespace

std::string error_reply(std::string_view text) { return fmt::format("-{}\r\n", text); }

std::string scan_reply(std::string_view cursor, const std::vector<std::string>& names) {
  std::string reply = "*2\r\n" + bulk(cursor) + fmt::format("*{}\r\n", names.size());
  for (const std::string& name : names) reply += bulk(name);
  return reply;
}

RedisProxy::RedisProxy(const test::RedisServer& server, Answer answer)
    : port_(server.port()),
      answer_(std::move(answer)),
      scripted_([this](int socket) { serve(socket); }) {}

void RedisProxy::in_info(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  info_changes_[from] = to;
}

int RedisProxy::commands(const std::string& word) const {
  const std::lock_guard lock(mutex_);
  const auto found = commands_.find(word);
  return found == commands_.end() ? 0 : found->second;
}

void RedisProxy::serve(int socket) {
  const std::unique_ptr<redisContext, FreeContext> upstream(redisConnect("127.0.0.1", port_));
  if (upstream == nullptr || upstream->err != 0) return;
  const std::unique_ptr<redisReader, FreeReader> reader(redisReaderCreate());
  for (auto bytes = wait_for_bytes(socket); !bytes.empty(); bytes = wait_for_bytes(socket)) {
    redisReaderFeed(reader.get(), bytes.data(), bytes.size());
    for (void* raw = nullptr;
         redisReaderGetReply(reader.get(), &raw) == REDIS_OK && raw != nullptr;) {
      const std::unique_ptr<redisReply, FreeReply> command(static_cast<redisReply*>(raw));
      Words words;
      for (std::size_t i = 0; i < command->elements; ++i) {
        words.emplace_back(command->element[i]->str, command->element[i]->len);
      }
      if (!serve_command(socket, upstream.get(), std::move(words))) return;
    }
  }
}

bool RedisProxy::serve_command(int socket, void* upstream, Words words) {
  const std::string first = words.front();
  {
    const std::lock_guard lock(mutex_);
    ++commands_[first];
  }
  if (const auto own = answer_ ? answer_(words) : std::nullopt) {
    test::send_all(socket, *own);
    return *own != kHangUp;
  }
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    lengths.push_back(word.size());
  }
  const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(
      redisCommandArgv(static_cast<redisContext*>(upstream), static_cast<int>(texts.size()),
                       texts.data(), lengths.data())));
  if (reply == nullptr) return false;
  const bool is_info = first == "INFO" && reply->type == REDIS_REPLY_STRING;
  test::send_all(
      socket, is_info ? bulk(changed_info(std::string(reply->str, reply->len))) : encode(*reply));
  return true;
}

std::string RedisProxy::changed_info(std::string info) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [from, to] : info_changes_) {
    if (const auto at = info.find(from); at != info.npos) info.replace(at, from.size(), to);
  }
  return info;
}

}  // namespace hitwatch::keyspace
