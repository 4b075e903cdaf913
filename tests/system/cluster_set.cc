#include "tests/system/cluster_set.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace hitwatch::test {
namespace {

std::vector<ClusterLine> lines_of(const std::string& text) {
  std::vector<ClusterLine> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    ClusterLine& read = lines.emplace_back();
    std::string address;
    std::string ignored;
    words >> read.id >> address >> read.flags >> read.master;
    for (int i = 0; i < 4; ++i) words >> ignored;
    for (std::string slots; words >> slots;) {
      read.slots += (read.slots.empty() ? "" : ",") + slots;
    }
    const std::size_t end = address.find('@');
    const std::size_t colon = address.rfind(':', end);
    if (colon != std::string::npos) read.port = std::atoi(address.c_str() + colon + 1);
  }
  return lines;
}

bool has_slots(const ClusterLine& line) { return !line.slots.empty() && line.is("master"); }

}  // namespace

std::unique_ptr<RedisServer> cluster_node(std::vector<std::string> arguments) {
  const std::vector<std::string> own = {"--cluster-enabled",
                                        "yes",
                                        "--cluster-port",
                                        std::to_string(free_port()),
                                        "--cluster-node-timeout",
                                        "500",
                                        "--repl-diskless-sync-delay",
                                        "0"};
  arguments.insert(arguments.begin(), own.begin(), own.end());
  return std::make_unique<RedisServer>(std::move(arguments));
}

ClusterSet::ClusterSet(int shards, int replicas, std::vector<std::string> arguments) {
  std::vector<std::string> create = {"redis-cli", "--cluster", "create"};
  for (int i = 0; i < shards * (1 + replicas); ++i) {
    create.push_back(nodes.emplace_back(cluster_node(arguments))->address());
  }
  for (const std::string& option : {std::string("--cluster-replicas"), std::to_string(replicas),
                                    std::string("--cluster-yes")}) {
    create.push_back(option);
  }
  const Finished made = run_to_end(create);
  if (made.code != 0) throw std::runtime_error(made.output);
  const int expected = shards * replicas;
  const bool whole = eventually([&] {
    return settles() &&
           std::ranges::count_if(lines(), [](const auto& l) { return l.is("slave"); }) == expected;
  });
  if (!whole) throw std::runtime_error("the cluster does not come about: " + made.output);
}

RedisServer& ClusterSet::at(int port) const {
  const auto found = std::ranges::find(nodes, port, [](const auto& node) { return node->port(); });
  if (found == nodes.end()) throw std::runtime_error("no such node");
  return **found;
}

void ClusterSet::cut_off(int port) {
  cut_off_.insert(port);
  at(port).process().signal(SIGSTOP);
}

void ClusterSet::reconnect(int port) {
  at(port).process().signal(SIGCONT);
  cut_off_.erase(port);
}

std::vector<ClusterLine> ClusterSet::lines() const {
  for (const auto& node : nodes) {
    if (cut_off_.contains(node->port()) || !node->process().running()) continue;
    return lines_of(node->command({"CLUSTER", "NODES"}));
  }
  return {};
}

ClusterLine ClusterSet::line(int port) const {
  for (const ClusterLine& line : lines()) {
    if (line.port == port) return line;
  }
  return {};
}

std::vector<ClusterLine> ClusterSet::masters() const {
  std::vector<ClusterLine> found = lines();
  std::erase_if(found, [](const ClusterLine& line) { return !has_slots(line); });
  return found;
}

std::vector<ClusterLine> ClusterSet::replicas_of(const std::string& id) const {
  std::vector<ClusterLine> found = lines();
  std::erase_if(found, [&](const ClusterLine& line) { return line.master != id; });
  return found;
}

bool ClusterSet::settles() const {
  return eventually([&] {
    return std::ranges::all_of(nodes, [&](const auto& node) {
      const std::string info = node->command({"CLUSTER", "INFO"});
      const std::vector<ClusterLine> seen = lines_of(node->command({"CLUSTER", "NODES"}));
      return info.find("cluster_state:ok") != std::string::npos && seen.size() == nodes.size() &&
             std::ranges::none_of(seen,
                                  [](const auto& l) { return l.is("fail") || l.is("handshake"); });
    });
  });
}

}  // namespace hitwatch::test
