#include "cache.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

namespace example {
namespace {

constexpr std::string_view kNotInTags = "|@,#\r\n";

std::string tag_value(std::string text) {
  for (char& c : text) {
    if (kNotInTags.find(c) != kNotInTags.npos) c = '_';
  }
  return text;
}

std::string redis_key(const CacheKey& key) { return key.type + ':' + key.tenant + ':' + key.id; }

}  // namespace

StatsdSender::StatsdSender(const char* host, int port)
    : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<unsigned short>(port));
  inet_pton(AF_INET, host, &address.sin_addr);
  (void)connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

StatsdSender::~StatsdSender() { close(socket_); }

void StatsdSender::send(std::string_view lines) const {
  (void)::send(socket_, lines.data(), lines.size(), 0);
}

Cache::Cache(std::string host, int port, const StatsdSender& statsd)
    : host_(std::move(host)), port_(port), statsd_(statsd) {}

std::optional<std::string> Cache::find(const CacheKey& key) {
  const auto start = std::chrono::steady_clock::now();
  const Reply reply = command({"GET", redis_key(key)});
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
  const bool hit = reply && reply->type == REDIS_REPLY_STRING;
  if (!hit && (!reply || reply->type != REDIS_REPLY_NIL)) {
    report(key, "cache.error:1|c", "get");
    return std::nullopt;
  }
  char latency[64];
  std::snprintf(latency, sizeof latency, "cache.latency:%.3f|ms", taken.count());
  report(key, latency, "get");
  report(key, hit ? "cache.hit:1|c" : "cache.miss:1|c", "get");
  if (!hit) return std::nullopt;
  return std::string(reply->str, reply->len);
}

void Cache::store(const CacheKey& key, int ttl_seconds, const std::string& value) {
  const Reply reply = command({"SET", redis_key(key), value, "EX", std::to_string(ttl_seconds)});
  if (!reply || reply->type == REDIS_REPLY_ERROR) report(key, "cache.error:1|c", "set");
}

// No reply where Redis cannot be reached; the next command tries again.
Cache::Reply Cache::command(std::initializer_list<std::string_view> words) {
  if (!connection_ || connection_->err != 0) {
    const timeval timeout{.tv_sec = 1, .tv_usec = 0};
    connection_.reset(redisConnectWithTimeout(host_.c_str(), port_, timeout));
    if (!connection_ || connection_->err != 0) return nullptr;
    redisSetTimeout(connection_.get(), timeout);
  }
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  return Reply(static_cast<redisReply*>(redisCommandArgv(
      connection_.get(), static_cast<int>(words.size()), texts.data(), sizes.data())));
}

void Cache::report(const CacheKey& key, std::string_view measurement,
                   std::string_view operation) const {
  statsd_.send(std::string(measurement) + "|#tenant:" + tag_value(key.tenant) +
               ",type:" + tag_value(key.type) + ",operation:" + std::string(operation));
}

}  // namespace example
