// A real server that is to a client what a managed service is: TLS only, a password, commands that
// it refuses.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/system/certificates.h"
#include "tests/system/harness.h"

namespace hitwatch::test {

class ManagedServer {
 public:
  struct Service {
    std::string certificate_for = "localhost";
    // Lines of its configuration, as RedisServer takes them.
    std::vector<std::string> arguments = {};
    // In cluster mode, as the only node, under this name; "": no cluster.
    std::string announced_host = {};
  };
  explicit ManagedServer(const Service& service);

  int port() const { return port_; }
  std::string ca_file() const { return authority_.ca_file(); }
  // As its owner, who may do everything.
  std::string command(std::vector<std::string> arguments) const;
  // A number of INFO.
  double info(const std::string& field) const;

 private:
  Authority authority_;
  int port_ = free_port();
  TempDir dir_;
  std::unique_ptr<RedisServer> server_;
};

// `--rename-command` for each: they are unknown then.
std::vector<std::string> unknown_commands(const std::vector<std::string>& commands);

// `--user` with words of ACL SETUSER.
std::vector<std::string> user(const std::string& words);

// A configuration of docs/managed.md: of those below the heading that one, counted from 0.
std::string documented(const std::string& heading, std::size_t number = 0);

}  // namespace hitwatch::test
