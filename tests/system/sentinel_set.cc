#include "tests/system/sentinel_set.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

namespace hitwatch::test {
namespace {

constexpr int kServers = 3;
constexpr int kSentinels = 3;

using ReplyPointer = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

ReplyPointer ask(redisContext* context, const std::vector<std::string>& arguments) {
  std::vector<const char*> argv;
  std::vector<std::size_t> lengths;
  for (const std::string& argument : arguments) {
    argv.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  return {static_cast<redisReply*>(redisCommandArgv(context, static_cast<int>(argv.size()),
                                                    argv.data(), lengths.data())),
          &freeReplyObject};
}

std::string flat_text(const redisReply* reply) {
  if (reply == nullptr) return "";
  if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
  if (reply->type != REDIS_REPLY_ARRAY) {
    return reply->str == nullptr ? "" : std::string(reply->str, reply->len);
  }
  std::string text;
  for (std::size_t i = 0; i < reply->elements; ++i) {
    text += (i > 0 ? "\n" : "") + flat_text(reply->element[i]);
  }
  return text;
}

int lines_with(const std::string& text, const std::string& words) {
  return occurrences("\n" + text + "\n", "\n" + words + "\n");
}

}  // namespace

RedisSentinel::RedisSentinel(const std::string& lines) {
  const std::string file =
      dir_.write("sentinel.conf", "port " + std::to_string(port_) + "\nbind 127.0.0.1\ndir " +
                                      dir_.path() + "\n" + lines);
  process_ = std::make_unique<Process>(std::vector<std::string>{"redis-sentinel", file});
  const bool ready = eventually([this] {
    return process_->output().find("Sentinel ID is") != std::string::npos || !process_->running();
  });
  if (!ready || !process_->running()) {
    throw std::runtime_error("redis-sentinel did not start: " + process_->output());
  }
}

// A stopped sentinel does not answer.
std::string RedisSentinel::command(const std::vector<std::string>& arguments,
                                   const std::string& password) const {
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  const std::unique_ptr<redisContext, decltype(&redisFree)> context(
      redisConnectWithTimeout("127.0.0.1", port_, patience), &redisFree);
  if (context == nullptr || context->err != 0) return "";
  redisSetTimeout(context.get(), patience);
  if (!password.empty()) ask(context.get(), {"AUTH", password});
  return flat_text(ask(context.get(), arguments).get());
}

SentinelSet::SentinelSet(Options options) : options_(std::move(options)) {
  for (int i = 0; i < kServers; ++i) {
    std::vector<std::string> arguments = options_.server_arguments;
    arguments.insert(arguments.end(), {"--repl-diskless-sync-delay", "0"});
    if (i > 0) {
      arguments.insert(arguments.end(),
                       {"--replicaof", "127.0.0.1 " + std::to_string(servers_[0]->port())});
    }
    servers_.push_back(std::make_unique<RedisServer>(arguments));
  }
  // Sentinels ask a master for its replicas when they start, and then every ten seconds.
  const bool linked = eventually([this] {
    const auto& output = servers_[0]->process().output();
    return occurrences(output, "Synchronization with replica 127.0.0.1") >= kServers - 1;
  });
  if (!linked) throw std::runtime_error(servers_[0]->process().output());
  const std::string name = kMaster;
  for (int i = 0; i < kSentinels; ++i) {
    sentinels_.push_back(std::make_unique<RedisSentinel>(
        "sentinel monitor " + name + " 127.0.0.1 " + std::to_string(servers_[0]->port()) + " 2\n" +
        "sentinel down-after-milliseconds " + name + " 1000\nsentinel failover-timeout " + name +
        " 3000\n" + options_.sentinel_lines));
  }
  if (!eventually([this] { return is_complete(); })) {
    throw std::runtime_error("the sentinels did not find each other");
  }
}

bool SentinelSet::is_complete() const {
  return std::ranges::all_of(sentinels_, [this](const auto& sentinel) {
    const std::string master =
        sentinel->command({"SENTINEL", "MASTER", kMaster}, options_.sentinel_password);
    return lines_with(master, "num-slaves\n2") == 1 &&
           lines_with(master, "num-other-sentinels\n2") == 1;
  });
}

std::string SentinelSet::named_by(std::size_t index) const {
  std::string address = sentinels_[index]->command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", kMaster},
                                                   options_.sentinel_password);
  std::ranges::replace(address, '\n', ':');
  return address;
}

std::string SentinelSet::agreed() const {
  std::map<std::string, int> votes;
  for (std::size_t i = 0; i < sentinels_.size(); ++i) {
    const std::string address = named_by(i);
    if (!address.empty() && ++votes[address] == 2) return address;
  }
  return "";
}

void SentinelSet::fail_over() {
  const std::string before = agreed();
  const bool begun = eventually([this] {
    return sentinels_[0]->command({"SENTINEL", "FAILOVER", kMaster}, options_.sentinel_password) ==
           "OK";
  });
  const bool done = begun && eventually([&] {
                      const std::string now = agreed();
                      return !now.empty() && now != before;
                    });
  if (!done) throw std::runtime_error("the sentinels did not fail over");
}

}  // namespace hitwatch::test
