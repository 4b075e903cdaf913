// A sentinel on 127.0.0.1 that says what a test wants, to any number of connections, on the loop of
// what is tested.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collectors/redis/reply.h"

namespace hitwatch::topology {

class ScriptedSentinel {
 public:
  explicit ScriptedSentinel(boost::asio::io_context& loop);
  ~ScriptedSentinel();

  struct Server {
    std::string ip;
    int port = 6379;
    std::string flags = "slave";
    std::string run_id = {};
  };
  struct Master {
    std::string ip;
    int port = 6379;
    int epoch = 1;
    std::string flags = "master";
    std::vector<Server> replicas = {};
    std::vector<Server> sentinels = {};
  };

  // What it knows, and what it is.
  std::map<std::string, Master> masters;
  std::string id;
  // Answers to commands, words joined by blanks and in upper case as sent, that go before all else:
  // what follows `-` is an error.
  std::map<std::string, std::string> answers;
  // Whether connections are accepted but nothing is ever answered.
  bool hangs = false;

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Commands that were sent, in order.
  std::vector<std::string> heard;
  int count(const std::string& command) const;
  // How many are subscribed now.
  std::size_t subscribers() const;
  // To all that are subscribed.
  void publish(const std::string& channel, const std::string& text);
  // Closes the connections; with `closed`, takes no further ones until open().
  void drop(bool closed = false);
  void open();

 private:
  struct Client;
  void accept();
  void read(const std::shared_ptr<Client>& client);
  std::string answer(Client& client, const std::vector<std::string>& words);
  std::string about(const std::string& what, const std::string& name) const;

  boost::asio::io_context& loop_;
  boost::asio::ip::tcp::acceptor acceptor_;
  int port_ = 0;
  std::vector<std::shared_ptr<Client>> clients_;
};

}  // namespace hitwatch::topology
