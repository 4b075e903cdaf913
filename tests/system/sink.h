// The built program as a receiver of webhooks.
#pragma once

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {

class SinkProcess {
 public:
  // Further arguments. Listens on `port`, 0 for a free one. Ready when constructed.
  explicit SinkProcess(std::vector<std::string> arguments = {}, int port = 0)
      : process_(command(std::move(arguments), port)) {
    const std::string words = "listening on http://127.0.0.1:";
    eventually([&] { return process_.output().contains(words); });
    const std::string output = process_.output();
    const std::size_t found = output.find(words);
    if (found != output.npos) port_ = std::atoi(output.c_str() + found + words.size());
  }

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  Process& process() { return process_; }
  std::string output() const { return process_.output(); }
  // With --json: the messages so far.
  std::vector<nlohmann::json> messages() const {
    std::vector<nlohmann::json> messages;
    std::istringstream lines(process_.output());
    for (std::string line; std::getline(lines, line);) {
      if (nlohmann::json message = nlohmann::json::parse(line, nullptr, false);
          message.is_object()) {
        messages.push_back(std::move(message));
      }
    }
    return messages;
  }

 private:
  static std::vector<std::string> command(std::vector<std::string> arguments, int port) {
    arguments.insert(arguments.begin(),
                     {hitwatch_binary(), "sink", "--listen", "127.0.0.1:" + std::to_string(port)});
    return arguments;
  }

  Process process_;
  int port_ = 0;
};

}  // namespace hitwatch::test
