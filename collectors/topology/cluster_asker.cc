#include "collectors/topology/cluster_asker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/redis/info.h"
#include "collectors/redis/reply.h"
#include "collectors/redis/session.h"
#include "collectors/topology/cluster_endpoints.h"
#include "collectors/topology/cluster_nodes.h"
#include "collectors/topology/kept_session.h"

namespace hitwatch::topology {
namespace {

using redis::Reply;
using redis::Session;

constexpr int kShardsSince = 70000;
// Of CLUSTER NODES: twice what the largest cluster that is believed can have to say.
constexpr std::size_t kLongestAnswer = 1U << 20;
// The address that clients are to use may change without a word in CLUSTER NODES.
constexpr std::chrono::minutes kAddressesStand{1};

// All of CLUSTER NODES that an address depends on.
std::size_t places_in(const ClusterView& view) {
  std::string text;
  for (const ClusterNode& node : view.nodes) {
    fmt::format_to(std::back_inserter(text), "{} {} {} {} {} {} {} {}\n", node.id, node.ip,
                   node.hostname, node.port, node.tls_port, node.shard_id, node.flags, node.master);
  }
  return std::hash<std::string>{}(text);
}

int version_of(std::string_view info) {
  redis::InfoLines lines(info);
  for (redis::InfoLine line; lines.next(line);) {
    if (line.field == "redis_version") return redis::parse_version(line.value);
  }
  return 0;
}

}  // namespace

struct ClusterAsker::Line {
  enum Question : std::uint8_t { kAskInfo, kAskNodes, kAskShards, kAskSlots, kQuestions };
  static constexpr std::array<std::array<std::string_view, 2>, kQuestions> kCommands = {{
      {"INFO", "server"},
      {"CLUSTER", "NODES"},
      {"CLUSTER", "SHARDS"},
      {"CLUSTER", "SLOTS"},
  }};

  Line(const ClusterAsker& asker, redis::Target node)
      : target(std::move(node)), session([this, &asker] {
          forget_connection();
          return asker.open(target);
        }) {}

  const redis::Target target;
  KeptSession session;
  std::uint64_t last_asked = 0;

  // Of the connection.
  std::optional<int> version;  // "redis_version"; 0 where it does not say
  std::array<bool, kQuestions> refused{};
  // What was told of addresses last, when CLUSTER NODES had these places.
  struct Addresses {
    ClusterView told;
    std::size_t places = 0;
    std::chrono::steady_clock::time_point asked;
  };
  std::optional<Addresses> kept;

  // Of the question under way.
  std::chrono::steady_clock::time_point asked;
  Done done;
  std::vector<Question> sent;
  std::optional<ClusterView> nodes;
  std::optional<ClusterView> told;
  bool told_heard = false;  // whether or not it made sense
  net::Error fault;

  void begin(Done then) {
    asked = std::chrono::steady_clock::now();
    done = std::move(then);
    session.begin();
    forget_answers();
  }

  void forget_answers() {
    nodes.reset();
    told.reset();
    told_heard = false;
    fault = {};
  }

  void forget_connection() {
    version.reset();
    refused = {};
    kept.reset();
    forget_answers();
  }

  // The command that tells of addresses; nothing where there is none.
  std::optional<Question> for_addresses() const {
    const bool has_shards = version.value_or(0) >= kShardsSince && !refused[kAskShards];
    if (has_shards) return kAskShards;
    return refused[kAskSlots] ? std::nullopt : std::optional(kAskSlots);
  }

  // Of CLUSTER NODES that is yet to be answered, the best is hoped for.
  bool addresses_stand() const {
    if (!kept || refused[kAskNodes]) return false;
    if (asked - kept->asked >= kAddressesStand) return false;
    return !nodes || places_in(*nodes) == kept->places;
  }

  std::vector<Question> missing() const {
    std::vector<Question> questions;
    if (!version) questions.push_back(kAskInfo);
    if (!nodes && !refused[kAskNodes]) questions.push_back(kAskNodes);
    const auto addresses = for_addresses();
    if (version && !told_heard && addresses && !addresses_stand()) questions.push_back(*addresses);
    return questions;
  }

  redis::Batch batch() {
    sent = missing();
    redis::Batch commands;
    for (const Question question : sent) commands.add(kCommands[question]);
    return commands;
  }

  // False: the answer to it all is `fault`.
  bool take_all(const std::vector<Reply>& replies) {
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (!take(sent[i], replies[i])) return false;
    }
    return true;
  }

  bool take(Question question, const Reply& reply) {
    if (reply.is_error()) return take_error(question, reply.text);
    if (question == kAskInfo) {
      version = version_of(reply.string());
      return true;
    }
    if (question != kAskNodes) {
      told_heard = true;
      auto view = question == kAskShards ? read_cluster_shards(reply) : read_cluster_slots(reply);
      if (!view) {
        fault = {net::Reason::kProtocol, std::move(view.error())};
      } else {
        told = *std::move(view);
      }
      return true;
    }
    if (reply.string().size() >= kLongestAnswer) {
      fault = {net::Reason::kProtocol, "the answer to CLUSTER NODES is too long"};
      return false;
    }
    auto view = read_cluster_nodes(reply.string());
    if (!view) {
      fault = {net::Reason::kProtocol, std::move(view.error())};
      return false;
    }
    nodes = *std::move(view);
    return true;
  }

  bool take_error(Question question, const std::string& text) {
    fault = {redis::classify_error(text), text};
    if (!redis::is_refusal(text)) return false;
    refused[question] = true;
    if (question == kAskInfo) version = 0;
    return true;
  }

  std::expected<ClusterView, net::Error> result() {
    if (nodes) {
      if (told) {
        kept = {*std::move(told), places_in(*nodes), asked};
      } else if (!addresses_stand()) {
        kept.reset();
      }
      if (kept) add_endpoints(kept->told, *nodes);
      return *std::move(nodes);
    }
    if (told) return *std::move(told);
    return std::unexpected(fault);
  }
};

ClusterAsker::ClusterAsker(boost::asio::any_io_executor executor, net::Resolver& resolver,
                           net::TlsContexts& tls_contexts, std::chrono::milliseconds timeout)
    : executor_(std::move(executor)),
      resolver_(resolver),
      tls_contexts_(tls_contexts),
      timeout_(timeout) {}

ClusterAsker::~ClusterAsker() { close(); }

void ClusterAsker::close() {
  for (const auto& [address, line] : lines_) line->session.close();
  lines_.clear();
}

bool ClusterAsker::is_asking(const redis::Target& target) const {
  const auto found = lines_.find(target.url.address());
  return found != lines_.end() && found->second->done != nullptr;
}

std::shared_ptr<Session> ClusterAsker::open(const redis::Target& target) const {
  return std::make_shared<Session>(executor_, resolver_, tls_contexts_, target,
                                   Session::Options{.client_name = "hitwatch-cluster",
                                                    .timeout = timeout_,
                                                    .longest_string = kLongestAnswer});
}

void ClusterAsker::ask(const redis::Target& target, Done done) {
  std::unique_ptr<Line>& line = lines_[target.url.address()];
  if (line == nullptr) line = std::make_unique<Line>(*this, target);
  line->last_asked = ++asked_;
  line->begin(std::move(done));
  drop_surplus();
  send(*line);
}

void ClusterAsker::send(Line& line) {
  line.session.ask([&line] { return line.batch(); },
                   [this, &line](const std::expected<Session::Answer, net::Error>& answer) {
                     if (!answer) {
                       finish(line, std::unexpected(answer.error()));
                     } else if (!line.take_all(answer->replies)) {
                       finish(line, std::unexpected(line.fault));
                     } else if (line.missing().empty()) {
                       finish(line, line.result());
                     } else {
                       send(line);
                     }
                   });
}

void ClusterAsker::finish(Line& line, std::expected<ClusterView, net::Error> result) {
  const Done done = std::exchange(line.done, nullptr);
  if (!result) lines_.erase(line.target.url.address());
  done(std::move(result));
}

void ClusterAsker::drop_surplus() {
  while (lines_.size() > kMostKept) {
    auto oldest = lines_.end();
    for (auto line = lines_.begin(); line != lines_.end(); ++line) {
      if (line->second->done != nullptr) continue;
      if (oldest == lines_.end() || line->second->last_asked < oldest->second->last_asked) {
        oldest = line;
      }
    }
    if (oldest == lines_.end()) return;
    lines_.erase(oldest);
  }
}

}  // namespace hitwatch::topology
