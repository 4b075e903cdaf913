// A connection to a Redis server that stays open, as applications keep theirs.
#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <string>
#include <vector>

namespace hitwatch::test {

class Application {
 public:
  using Arguments = std::vector<std::string>;

  explicit Application(int port) : context_(redisConnect("127.0.0.1", port), &redisFree) {}

  // Sends a command without waiting for its reply.
  void send(const Arguments& arguments) {
    append(arguments);
    flush();
  }
  // Sends a command and waits for its reply, whatever it is.
  void command(const Arguments& arguments) {
    append(arguments);
    receive();
  }
  // All in one write, then all replies.
  void pipeline(const std::vector<Arguments>& commands) {
    for (const Arguments& arguments : commands) append(arguments);
    for (std::size_t i = 0; i < commands.size(); ++i) receive();
  }

 private:
  void append(const Arguments& arguments) {
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    redisAppendCommandArgv(context_.get(), static_cast<int>(argv.size()), argv.data(), nullptr);
  }
  void flush() {
    int done = 0;
    while (done == 0 && redisBufferWrite(context_.get(), &done) == REDIS_OK) {
    }
  }
  void receive() {
    void* reply = nullptr;
    if (redisGetReply(context_.get(), &reply) == REDIS_OK) freeReplyObject(reply);
  }

  std::unique_ptr<redisContext, decltype(&redisFree)> context_;
};

}  // namespace hitwatch::test
