// A real redis-server on a free port, and connections to it whose bytes can be looked at. Not the
// one of the system tests, which need the whole daemon first.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "tests/web/temporary_folder.h"

namespace hitwatch::resp::test {

// Ready when constructed; ended by its id.
class RedisProcess {
 public:
  RedisProcess();
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  int port() const { return port_; }

 private:
  web::TemporaryFolder folder_;  // SAVE and its kin are commands, too
  int port_ = 0;
  pid_t pid_ = -1;
};

class RedisLine {
 public:
  explicit RedisLine(int port);
  ~RedisLine();
  RedisLine(const RedisLine&) = delete;
  RedisLine& operator=(const RedisLine&) = delete;

  bool is_open() const { return socket_ >= 0; }
  // Sends, and reads until so many replies have come; these.
  std::string ask(std::string_view bytes, int replies);

 private:
  int socket_ = -1;
};

}  // namespace hitwatch::resp::test
