#include "agent/replication.h"

#include <fmt/core.h>

#include <ranges>
#include <unordered_map>
#include <utility>

namespace hitwatch {
namespace {

constexpr std::size_t kNoRow = ReplicationRow::kNone;

std::string_view agreed_word(std::string_view role) { return role == "slave" ? "replica" : role; }

class ForestMaker {
 public:
  explicit ForestMaker(std::vector<ReplicatedServer> servers) {
    forest_.servers = std::move(servers);
    forest_.links = replication_links(forest_.servers);
    const std::size_t count = forest_.servers.size();
    followers_.resize(count);
    leads_.resize(count, true);
    shown_.resize(count);
    for (std::size_t i = 0; i < forest_.links.links.size(); ++i) add_link(i);
    for (std::size_t i = 0; i < forest_.links.unwatched.size(); ++i) {
      followers_[forest_.links.unwatched[i].master].listed.push_back(i);
    }
  }

  ReplicationForest make() {
    for (std::size_t i = 0; i < forest_.servers.size(); ++i) {
      if (leads_[i]) add_tree(i);
    }
    for (const std::string& address : away_) add_tree_away(address);
    // What is left goes round in circles.
    for (std::size_t i = 0; i < forest_.servers.size(); ++i) {
      if (!shown_[i]) add_circle(i);
    }
    return std::move(forest_);
  }

 private:
  // Of one server, or of one address that is not watched.
  struct Followers {
    std::vector<std::size_t> links;
    std::vector<std::size_t> listed;  // that are not watched
    bool empty() const { return links.empty() && listed.empty(); }
  };
  struct Step {
    std::size_t link = kNoRow;
    std::size_t listed = kNoRow;
    std::size_t depth = 0;
  };

  void add_link(std::size_t i) {
    const ReplicationLink& link = forest_.links.links[i];
    leads_[link.replica] = false;
    if (link.master != ReplicationLink::kNotWatched) {
      followers_[link.master].links.push_back(i);
      return;
    }
    const auto [found, is_new] = away_followers_.try_emplace(link.master_address);
    if (is_new) away_.push_back(link.master_address);
    found->second.links.push_back(i);
  }

  void add_tree(std::size_t root) {
    const ReplicatedServer& server = forest_.servers[root];
    const bool sentinel =
        server.role == "sentinel" || (server.known != nullptr && server.known->role.empty());
    if (sentinel || (followers_[root].empty() && server.group.empty())) {
      shown_[root] = true;
      if (!sentinel) ++forest_.standalone;
      return;
    }
    begin_tree(root, server.name);
    finish_tree(followers_[root]);
  }

  void add_tree_away(const std::string& address) {
    begin_tree(kNoRow, address);
    finish_tree(away_followers_[address]);
  }

  void add_circle(std::size_t root) {
    begin_tree(root, forest_.servers[root].name);
    const ReplicatedServer::Facts& known = forest_.servers[root].known;
    if (known == nullptr || known->role != "active-replica") {
      add_problem(tree().rows.front(),
                  fmt::format("{} and those below it replicate from each other in a circle",
                              forest_.servers[root].name));
    }
    finish_tree(followers_[root]);
  }

  ReplicationTree& tree() { return forest_.trees.back(); }

  void begin_tree(std::size_t root, const std::string& name) {
    forest_.trees.emplace_back();
    ReplicationRow row;
    row.server = root;
    row.name = name;
    add_row(std::move(row));
  }

  // Depth first, without recursion: chains may be long.
  void finish_tree(const Followers& of_root) {
    std::vector<Step> steps;
    push_steps(steps, of_root, 1);
    while (!steps.empty()) {
      const Step step = steps.back();
      steps.pop_back();
      if (step.link != kNoRow) {
        add_follower(steps, step);
      } else {
        add_unwatched(step);
      }
    }
  }

  static void push_steps(std::vector<Step>& steps, const Followers& followers, std::size_t depth) {
    for (const std::size_t listed : followers.listed) steps.push_back({kNoRow, listed, depth});
    for (const std::size_t link : std::views::reverse(followers.links)) {
      steps.push_back({link, kNoRow, depth});
    }
  }

  void add_follower(std::vector<Step>& steps, const Step& step) {
    const ReplicationLink& link = forest_.links.links[step.link];
    ReplicationRow row;
    row.depth = step.depth;
    row.server = link.replica;
    row.link = step.link;
    row.name = forest_.servers[link.replica].name;
    row.again = shown_[link.replica];
    const bool again = row.again;
    add_row(std::move(row));
    if (!again) push_steps(steps, followers_[link.replica], step.depth + 1);
  }

  void add_unwatched(const Step& step) {
    const UnwatchedReplica& replica = forest_.links.unwatched[step.listed];
    ReplicationRow row;
    row.depth = step.depth;
    row.listed = step.listed;
    row.name = replica.address;
    add_row(std::move(row));
  }

  void add_row(ReplicationRow row) {
    if (row.server != kNoRow) {
      shown_[row.server] = true;
      const ReplicatedServer& server = forest_.servers[row.server];
      if (tree().group.empty()) {
        tree().group = server.group;
        tree().source = server.source;
      }
      if (tree().shard.empty()) tree().shard = server.shard;
      if (!row.again) add_server_problems(row, server);
    }
    if (row.link != kNoRow) add_link_problems(row, forest_.links.links[row.link]);
    tree().rows.push_back(std::move(row));
  }

  void add_problem(ReplicationRow& row, std::string text) {
    row.problems.push_back(std::move(text) + '.');
    ++tree().problems;
  }

  void add_server_problems(ReplicationRow& row, const ReplicatedServer& server) {
    if (server.state == "down") add_problem(row, fmt::format("{} does not answer", server.name));
    if (!server.up() || server.role.empty()) return;
    const std::string_view own = agreed_word(server.latest->role);
    if (!own.empty() && own != "active-replica" && own != server.role) {
      add_problem(row, fmt::format("{} says that it is a {}, and its group that it is a {}",
                                   server.name, own, server.role));
    }
  }

  void add_link_problems(ReplicationRow& row, const ReplicationLink& link) {
    const ReplicatedServer& replica = forest_.servers[link.replica];
    const std::string& master = link.master == ReplicationLink::kNotWatched
                                    ? link.master_address
                                    : forest_.servers[link.master].name;
    if (replica.up() && link.told && !link.up) {
      const std::string since =
          link.down_seconds < 0 ? "" : fmt::format(" for {:.0f} s", link.down_seconds);
      add_problem(row, fmt::format("{}'s link to {} is down{}{}", replica.name, master, since,
                                   link.syncing ? "; a full copy is on its way" : ""));
    }
    if (link.unlisted) {
      add_problem(row,
                  fmt::format("{} says that it replicates from {}, which lists no such replica",
                              replica.name, master));
    } else if (!link.listed_as.empty()) {
      // Who follows the list, as sentinels do, may not reach it: worth a word, but no problem.
      row.problems.push_back(
          fmt::format("{} lists {} as {}.", master, replica.name, link.listed_as));
    }
  }

  ReplicationForest forest_;
  std::vector<Followers> followers_;  // of each server
  std::vector<bool> leads_;           // whether it follows nobody
  std::vector<bool> shown_;
  std::vector<std::string> away_;  // addresses of masters that are not watched, as they came
  std::unordered_map<std::string, Followers> away_followers_;
};

}  // namespace

ReplicationForest replication_forest(std::vector<ReplicatedServer> servers) {
  return ForestMaker(std::move(servers)).make();
}

}  // namespace hitwatch
