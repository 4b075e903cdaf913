#include "tests/system/managed_server.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace hitwatch::test {
namespace {

void append(std::vector<std::string>& arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
}

}  // namespace

ManagedServer::ManagedServer(const Service& service) {
  const Authority::Certificate certificate = authority_.issue(service.certificate_for);
  std::vector<std::string> arguments = {"--port",
                                        "0",
                                        "--tls-port",
                                        std::to_string(port_),
                                        "--tls-cert-file",
                                        certificate.cert_file,
                                        "--tls-key-file",
                                        certificate.key_file,
                                        "--tls-ca-cert-file",
                                        ca_file(),
                                        "--tls-auth-clients",
                                        "no",
                                        "--unixsocket",
                                        dir_.path("redis.sock")};
  append(arguments, user("owner on >owner ~* &* +@all"));
  if (!service.announced_host.empty()) {
    append(
        arguments,
        {"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port()),
         "--cluster-announce-hostname", service.announced_host, "--cluster-preferred-endpoint-type",
         "hostname", "--cluster-announce-tls-port", std::to_string(port_), "--tls-cluster", "yes"});
  }
  append(arguments, service.arguments);
  server_ = std::make_unique<RedisServer>(arguments, port_);
  if (service.announced_host.empty()) return;
  command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  if (!eventually([this] {
        return command({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
      })) {
    throw std::runtime_error("no cluster: " + command({"CLUSTER", "INFO"}));
  }
}

std::string ManagedServer::command(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"redis-cli", "-s", dir_.path("redis.sock"), "--user",
                                       "owner", "--pass", "owner", "--no-auth-warning"});
  return run_to_end(std::move(arguments)).output;
}

double ManagedServer::info(const std::string& field) const {
  std::istringstream lines(command({"INFO", "all"}));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(field + ":")) return std::stod(line.substr(field.size() + 1));
  }
  ADD_FAILURE() << "no " << field << " in INFO";
  return 0;
}

std::vector<std::string> unknown_commands(const std::vector<std::string>& commands) {
  std::vector<std::string> arguments;
  for (const std::string& name : commands) {
    append(arguments, {"--rename-command", name, ""});
  }
  return arguments;
}

std::vector<std::string> user(const std::string& words) {
  std::vector<std::string> arguments = {"--user"};
  std::istringstream stream(words);
  for (std::string word; stream >> word;) arguments.push_back(word);
  return arguments;
}

std::string documented(const std::string& heading, std::size_t number) {
  std::ifstream file(HITWATCH_MANAGED_SERVICES);
  bool below = false;
  bool inside = false;
  std::string block;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) below = line == "## " + heading;
    if (!below) continue;
    if (line == "```yaml") {
      inside = true;
    } else if (inside && line == "```") {
      if (number-- == 0) return block;
      block.clear();
      inside = false;
    } else if (inside) {
      block += line + "\n";
    }
  }
  throw std::runtime_error("no such configuration below " + heading);
}

}  // namespace hitwatch::test
