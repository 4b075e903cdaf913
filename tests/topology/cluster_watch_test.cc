// A cluster is followed through what its nodes say, whichever of them are there, and lies are not.
#include "collectors/topology/cluster_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/topology/cluster_texts.h"
#include "tests/topology/scripted_node.h"

namespace hitwatch::topology {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ClusterWatchTest : public testing::Test {
 protected:
  ~ClusterWatchTest() override {
    if (watch_ != nullptr) watch_->stop();
    watch_ = nullptr;
    loop_.poll();
  }

  void watch(const std::vector<const ScriptedNode*>& seeds) {
    ClusterOptions options;
    options.name = "orders";
    for (const ScriptedNode* seed : seeds) {
      options.urls.push_back(net::parse_redis_url(seed->address()).value());
    }
    watch_ = std::make_shared<ClusterWatch>(
        Surroundings{.executor = loop_.get_executor(),
                     .resolver = resolver_,
                     .tls_contexts = tls_contexts_,
                     .log = log_,
                     .changed = [] {},
                     .happened = [this](const Event& event) { events_.push_back(event); },
                     .poll_now =
                         [this](const std::vector<std::string>& names) {
                           polled_now_.insert(polled_now_.end(), names.begin(), names.end());
                         },
                     .newcomers = newcomers_,
                     .former = former_},
        options, Pace{.interval = 15s, .timeout = 2s}, intervals_);
    watch_->start();
  }
  bool runs_until(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + 30s;
    loop_.restart();
    while (!condition() && std::chrono::steady_clock::now() < limit) loop_.run_one_for(50ms);
    return condition();
  }
  void run_for(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    loop_.restart();
    while (std::chrono::steady_clock::now() < end) loop_.run_one_for(10ms);
  }
  // "PORT ROLE", and "!" where it is not polled.
  std::vector<std::string> targets() const {
    std::vector<std::string> texts;
    const auto outcome = watch_->latest();
    if (outcome == nullptr) return {"nothing yet"};
    for (const redis::Target& target : outcome->targets) {
      texts.push_back(std::to_string(target.url.port) + " " + target.place.role +
                      (target.place.failed.empty() ? "" : "!"));
    }
    return texts;
  }
  bool shows(std::vector<std::string> wanted) {
    std::ranges::sort(wanted);
    return runs_until([&] {
      auto found = targets();
      std::ranges::sort(found);
      return found == wanted;
    });
  }
  std::vector<std::string> kinds() const {
    std::vector<std::string> words;
    for (const Event& event : events_) words.push_back(event.kind);
    return words;
  }
  double figure(std::string_view name) const {
    const auto outcome = watch_->latest();
    for (const auto& family : outcome->metrics) {
      if (family.name == name && !family.metric.empty()) return family.metric[0].gauge.value;
    }
    return -1;
  }
  static std::string text(const ScriptedNode& node, std::string_view words = "") {
    return std::to_string(node.port()) + std::string(words);
  }
  // "a1 {port} master 1 0-99"
  static std::string line(std::string_view id, const ScriptedNode& node, std::string_view rest) {
    return node_line(fmt::format("{} {} {}", id, node.port(), rest));
  }

  ClusterIntervals intervals_{.busy = 100ms, .quiet = 500ms, .calms_down = 1s};
  Newcomers newcomers_;
  std::shared_ptr<const Outcome> former_;
  boost::asio::io_context loop_;
  net::Resolver resolver_{loop_.get_executor()};
  net::TlsContexts tls_contexts_;
  log::Log log_{log::Level::kError, log::Format::kLogfmt};
  std::vector<Event> events_;
  std::vector<std::string> polled_now_;
  std::shared_ptr<ClusterWatch> watch_;
};

TEST_F(ClusterWatchTest, AllNodesAreFoundFromOneLivingSeed) {
  ScriptedNode dead;
  ScriptedNode silent;
  ScriptedNode a1;
  ScriptedNode a2;
  silent.say("CLIENT SETNAME hitwatch-cluster", "");
  dead.kill();
  a1.say_nodes(line("a1", a1, "myself,master 1 0-16383") + line("a2", a2, "slave:a1 1"));
  watch({&dead, &silent, &a1});
  EXPECT_TRUE(shows({text(a1, " master"), text(a2, " replica")}));
  EXPECT_EQ(figure("redis_cluster_slots_covered"), 16384);
  EXPECT_THAT(events_, IsEmpty()) << "what was there before is no news";
}

TEST_F(ClusterWatchTest, ServersAreAskedWhatTheyHaveAndNothingTwiceThatTheyRefuse) {
  ScriptedNode old;
  old.say_nodes(line("a1", old, "myself,master 1 0-16383"));
  old.say("CLUSTER SLOTS", "-NOPERM this user has no permissions to run the command\r\n");
  watch({&old});
  EXPECT_TRUE(runs_until([&] { return old.times_heard("CLUSTER NODES") >= 3; }));
  EXPECT_EQ(old.times_heard("CLUSTER SHARDS"), 0);
  EXPECT_EQ(old.times_heard("CLUSTER SLOTS"), 1);
  EXPECT_EQ(old.times_heard("INFO server"), 1);
  EXPECT_EQ(old.connections(), 1);
}

TEST_F(ClusterWatchTest, AKeptConnectionThatWasClosedIsNoFailure) {
  ScriptedNode a1;
  a1.say_nodes(line("a1", a1, "myself,master 1 0-16383"));
  watch({&a1});
  ASSERT_TRUE(shows({text(a1, " master")}));
  a1.kill();
  a1.revive();
  const int before = a1.times_heard("CLUSTER NODES");
  EXPECT_TRUE(runs_until([&] { return a1.times_heard("CLUSTER NODES") >= before + 2; }));
  EXPECT_EQ(watch_->latest()->failures, 0U);
  EXPECT_EQ(a1.connections(), 2);
}

TEST_F(ClusterWatchTest, ANodeThatHangsUpIsAskedOnceMoreAndThenNotForAWhile) {
  ScriptedNode a1;
  a1.say_nodes(line("a1", a1, "myself,master 1 0-16383"));
  a1.say("CLUSTER SLOTS", ScriptedNode::kHangsUp);
  watch({&a1});
  ASSERT_TRUE(runs_until([&] { return watch_->latest() && watch_->latest()->failures > 0; }));
  EXPECT_EQ(a1.connections(), 2);
}

TEST_F(ClusterWatchTest, ShardsAloneWillDo) {
  ScriptedNode node("7.0.0");
  node.say("CLUSTER NODES", "-NOPERM no\r\n");
  const std::string port = ":" + std::to_string(node.port()) + "\r\n";
  node.say(
      "CLUSTER SHARDS",
      "*1\r\n*4\r\n$5\r\nslots\r\n*2\r\n:0\r\n:16383\r\n$5\r\nnodes\r\n*1\r\n*8\r\n$2\r\nid\r\n" +
          ScriptedNode::bulk(node_id("a1")) + "$4\r\nport\r\n" + port +
          "$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n");
  watch({&node});
  EXPECT_TRUE(shows({text(node, " master")}));
}

TEST_F(ClusterWatchTest, AddressesAreAskedForAgainWhenANodeIsAnotherAndElseForAMinuteNot) {
  ScriptedNode a1("7.0.0");
  ScriptedNode elsewhere;
  const auto say = [&](std::string_view id, std::string_view role) {
    const auto entry = [](std::string_view name, const std::string& value) {
      return ScriptedNode::bulk(std::string(name)) + value;
    };
    a1.say_nodes(line(id, a1, role));
    a1.say("CLUSTER SHARDS", "*1\r\n*4\r\n" + entry("slots", "*2\r\n:0\r\n:16383\r\n") +
                                 entry("nodes", "*1\r\n*8\r\n") +
                                 entry("id", ScriptedNode::bulk(node_id(id))) +
                                 entry("port", fmt::format(":{}\r\n", elsewhere.port())) +
                                 entry("endpoint", ScriptedNode::bulk("127.0.0.1")) +
                                 entry("role", ScriptedNode::bulk("master")));
  };
  say("a1", "myself,master 1 0-16383");
  watch({&a1});
  ASSERT_TRUE(shows({text(elsewhere, " master")})) << "the address that clients are to use";
  const int asked = a1.times_heard("CLUSTER NODES");
  ASSERT_TRUE(runs_until([&] { return a1.times_heard("CLUSTER NODES") >= asked + 3; }));
  EXPECT_EQ(a1.times_heard("CLUSTER SHARDS"), 1);
  EXPECT_THAT(targets(), ElementsAre(text(elsewhere, " master")));
  say("a1", "myself,master,nofailover 1 0-16383");
  EXPECT_TRUE(runs_until([&] { return a1.times_heard("CLUSTER SHARDS") == 2; }));
}

TEST_F(ClusterWatchTest, ShardsKeepTheNamesThatAFormerWatchGaveThem) {
  ScriptedNode a1;
  a1.say_nodes(line("a1", a1, "myself,master 1 0-16383"));
  Outcome former;
  former.shard_names[node_id("a1")] = "before";
  former_ = std::make_shared<Outcome>(former);
  watch({&a1});
  ASSERT_TRUE(shows({text(a1, " master")}));
  EXPECT_EQ(watch_->latest()->targets[0].place.shard, "before");
  EXPECT_EQ(watch_->latest()->shard_names, former.shard_names);
}

TEST_F(ClusterWatchTest, AFailoverIsFollowedAndToldOnce) {
  ScriptedNode a1;
  ScriptedNode a2;
  ScriptedNode b1;
  const std::string b = line("b1", b1, "master 2 8192-16383");
  a1.say_nodes(line("a1", a1, "myself,master 1 0-8191") + line("a2", a2, "slave:a1 1") + b);
  watch({&a1});
  ASSERT_TRUE(shows({text(a1, " master"), text(a2, " replica"), text(b1, " master")}));
  a1.kill();
  for (ScriptedNode* node : {&a2, &b1}) {
    node->say_nodes(line("a1", a1, "master,fail 1") + line("a2", a2, "master 3 0-8191") + b);
  }
  EXPECT_TRUE(shows({text(a1, " replica!"), text(a2, " master"), text(b1, " master")}));
  EXPECT_THAT(kinds(), ElementsAre("node_failed", "failover"));
  EXPECT_EQ(events_[1].group, "orders");
  EXPECT_EQ(events_[1].from, a1.address());
  EXPECT_EQ(events_[1].to, a2.address());
  EXPECT_EQ(events_[1].instance, a2.address());
  EXPECT_THAT(polled_now_, ElementsAre(a2.address()));
}

TEST_F(ClusterWatchTest, APollThatTellsOfAChangeIsALookAtOnce) {
  intervals_.quiet = 1h;
  ScriptedNode a1;
  a1.say_nodes(line("a1", a1, "myself,master 1 0-16383"));
  watch({&a1});
  ASSERT_TRUE(shows({text(a1, " master")}));
  Observed observed;
  observed.up = true;
  observed.cluster_epoch = 1;
  watch_->polled(a1.address(), observed);
  run_for(2 * intervals_.calms_down);
  const int before = a1.times_heard("CLUSTER NODES");
  watch_->polled(a1.address(), observed);
  run_for(500ms);
  EXPECT_EQ(a1.times_heard("CLUSTER NODES"), before) << "nothing new";
  observed.cluster_epoch = 2;
  watch_->polled(a1.address(), observed);
  EXPECT_TRUE(runs_until([&] { return a1.times_heard("CLUSTER NODES") > before; }));
}

TEST_F(ClusterWatchTest, WhenNobodyAnswersTheNodesAreKeptAndPolled) {
  ScriptedNode a1;
  ScriptedNode a2;
  a1.say_nodes(line("a1", a1, "myself,master 1 0-16383") + line("a2", a2, "slave,fail:a1 1"));
  watch({&a1});
  ASSERT_TRUE(shows({text(a1, " master"), text(a2, " replica!")}));
  a1.kill();
  a2.kill();
  watch_->polled(a1.address(), {});
  EXPECT_TRUE(shows({text(a1, " master"), text(a2, " replica")}));
  EXPECT_THAT(kinds(), ElementsAre("source_lost"));
  EXPECT_EQ(figure("redis_cluster_slots_covered"), -1) << "nobody tells";
  EXPECT_GE(watch_->latest()->failures, 1U);
  EXPECT_TRUE(watch_->latest()->answered);
  a1.revive();
  EXPECT_TRUE(shows({text(a1, " master"), text(a2, " replica!")}));
  EXPECT_THAT(kinds(), ElementsAre("source_lost", "source_found"));
}

TEST_F(ClusterWatchTest, NobodyWhoEverAnsweredIsAFailureAndNoTargets) {
  ScriptedNode dead;
  dead.kill();
  watch({&dead});
  ASSERT_TRUE(runs_until([&] { return watch_->latest() != nullptr; }));
  EXPECT_THAT(watch_->latest()->targets, IsEmpty());
  EXPECT_EQ(watch_->latest()->failures, 1U);
  EXPECT_FALSE(watch_->latest()->answered);
  EXPECT_THAT(kinds(), ElementsAre("source_lost"));
}

TEST_F(ClusterWatchTest, ASeedThatLiesIsPassedOver) {
  ScriptedNode garbage;
  ScriptedNode thousands;
  ScriptedNode other_slots;
  ScriptedNode honest;
  garbage.say_nodes("all is well\n");
  std::string many;
  for (int i = 0; i < 5000; ++i)
    many += node_line(fmt::format("{:04x} 10.0.0.1:{}@1 master 1", i, i));
  thousands.say_nodes(many);
  other_slots.say_nodes(line("c1", other_slots, "myself,master 1 0-99999"));
  honest.say_nodes(line("a1", honest, "myself,master 1 0-16383"));
  watch({&garbage, &thousands, &other_slots, &honest});
  EXPECT_TRUE(shows({text(honest, " master")}));
  EXPECT_THAT(kinds(), ElementsAre("disagreement", "disagreement", "disagreement"));
  const auto told = std::ranges::find(events_, thousands.address(), &Event::instance);
  ASSERT_NE(told, events_.end());
  EXPECT_THAT(told->to, HasSubstr("1000 nodes"));
}

TEST_F(ClusterWatchTest, OfSeedsThatNameDifferentClustersMostAreBelievedFromTheBeginning) {
  ScriptedNode liar;
  ScriptedNode a1;
  ScriptedNode a2;
  const std::string nodes = line("a1", a1, "master 1 0-16383") + line("a2", a2, "slave:a1 1");
  liar.say_nodes(line("f1", liar, "myself,master 9 0-16383"));
  a1.say_nodes(nodes);
  a2.say_nodes(nodes);
  watch({&liar, &a1, &a2});
  ASSERT_TRUE(runs_until([&] { return watch_->latest() != nullptr; }));
  EXPECT_TRUE(shows({text(a1, " master"), text(a2, " replica")}));
  EXPECT_THAT(kinds(), ElementsAre("disagreement")) << "the liar was never followed";
  EXPECT_EQ(events_[0].instance, liar.address());
  EXPECT_EQ(figure("redis_cluster_disagreement"), 1);
  liar.say_nodes(nodes);
  EXPECT_TRUE(runs_until([&] { return figure("redis_cluster_disagreement") == 0; }));
}

TEST_F(ClusterWatchTest, ASeedThatWasAloneAndLiedIsLeftWhenMostSeedsNameAnotherCluster) {
  ScriptedNode liar;
  ScriptedNode a1;
  ScriptedNode a2;
  const std::string nodes = line("a1", a1, "master 1 0-16383") + line("a2", a2, "slave:a1 1");
  liar.say_nodes(line("f1", liar, "myself,master 9 0-16383"));
  a1.say_nodes(nodes);
  a2.say_nodes(nodes);
  a1.kill();
  a2.kill();
  watch({&liar, &a1, &a2});
  ASSERT_TRUE(shows({text(liar, " master")}));
  a1.revive();
  ASSERT_TRUE(runs_until([&] { return figure("redis_cluster_disagreement") == 1; }));
  EXPECT_THAT(targets(), ElementsAre(text(liar, " master"))) << "one of three seeds is not most";
  a2.revive();
  EXPECT_TRUE(shows({text(a1, " master"), text(a2, " replica")}));
}

TEST_F(ClusterWatchTest, SeedsThatAnotherClusterTookOverAreNotFollowedWhereTwoNodesVouch) {
  ScriptedNode a1;
  ScriptedNode a2;
  ScriptedNode taken;
  ScriptedNode taken_too;
  const std::string nodes = line("a1", a1, "master 1 0-16383") + line("a2", a2, "slave:a1 1");
  a1.say_nodes(nodes);
  a2.say_nodes(nodes);
  watch({&a1, &taken, &taken_too});
  ASSERT_TRUE(shows({text(a1, " master"), text(a2, " replica")}));
  ASSERT_TRUE(runs_until([&] { return a2.times_heard("CLUSTER NODES") > 0; }));
  const std::string other =
      line("f1", taken, "master 9 0-99") + line("f2", taken_too, "slave:f1 9");
  taken.say_nodes(other);
  taken_too.say_nodes(other);
  ASSERT_TRUE(runs_until([&] { return figure("redis_cluster_disagreement") == 2; }));
  run_for(1s);
  EXPECT_THAT(targets(), testing::UnorderedElementsAre(text(a1, " master"), text(a2, " replica")));
}

TEST_F(ClusterWatchTest, ANodeOfAnotherClusterIsNotFollowed) {
  ScriptedNode a1;
  ScriptedNode other;
  a1.say_nodes(line("a1", a1, "myself,master 1 0-16383"));
  other.say_nodes(line("f1", other, "myself,master 9 0-16383"));
  watch({&a1, &other});
  ASSERT_TRUE(runs_until([&] { return !events_.empty(); }));
  run_for(1s);
  EXPECT_THAT(targets(), ElementsAre(text(a1, " master")));
  EXPECT_THAT(kinds(), ElementsAre("disagreement"));
  EXPECT_EQ(events_[0].instance, other.address());
  a1.kill();
  watch_->polled(a1.address(), {});
  ASSERT_TRUE(runs_until([&] { return watch_->latest()->failures > 0; }));
  EXPECT_THAT(targets(), ElementsAre(text(a1, " master"))) << "not even when it is alone";
}

TEST_F(ClusterWatchTest, ANodeThatIsAnotherOneThanItShouldBeIsNotFollowed) {
  ScriptedNode a1;
  ScriptedNode a2;
  a1.say_nodes(line("a1", a1, "myself,master 1 0-16383") + line("a2", a2, "slave:a1 1"));
  a2.say_nodes(line("a1", a1, "master 1 0-16383") + line("f2", a2, "myself,slave:a1 7"));
  watch({&a1});
  ASSERT_TRUE(runs_until([&] { return !events_.empty(); }));
  EXPECT_EQ(events_[0].kind, "disagreement");
  EXPECT_EQ(events_[0].instance, a2.address());
  EXPECT_THAT(targets(), Contains(text(a2, " replica")));
}

TEST_F(ClusterWatchTest, ASeedMayBeAnotherNodeEachTime) {
  ScriptedNode a1;
  ScriptedNode a2;
  ScriptedNode service;
  const auto nodes = [&](std::string_view first, std::string_view second) {
    return line("a1", a1, fmt::format("{}master 1 0-16383", first)) +
           line("a2", a2, fmt::format("{}slave:a1 1", second));
  };
  a1.say_nodes(nodes("myself,", ""));
  a2.say_nodes(nodes("", "myself,"));
  service.say_nodes(nodes("myself,", ""));
  watch({&service});
  ASSERT_TRUE(shows({text(a1, " master"), text(a2, " replica")}));
  service.say_nodes(nodes("", "myself,"));
  run_for(2s);
  EXPECT_THAT(kinds(), Not(Contains("disagreement")));
  EXPECT_EQ(figure("redis_cluster_disagreement"), 0);
}

TEST_F(ClusterWatchTest, AHalfCreatedClusterIsShownAsItIsAndFollowedWhenItIsWhole) {
  ScriptedNode blank;
  ScriptedNode whole;
  blank.say_nodes(line("b1", blank, "myself,master 0"));
  whole.say_nodes(line("a1", whole, "myself,master 0"));
  watch({&blank, &whole});
  ASSERT_TRUE(runs_until([&] { return watch_->latest() != nullptr; }));
  EXPECT_THAT(targets(), ElementsAre(text(blank, " master"))) << "the first that knows nobody";
  EXPECT_EQ(figure("redis_cluster_slots_covered"), 0);
  const std::string nodes = line("a1", whole, "master 1 0-16383") + line("b1", blank, "slave:a1 1");
  whole.say_nodes(nodes);
  blank.say_nodes(nodes);
  EXPECT_TRUE(shows({text(whole, " master"), text(blank, " replica")}));
}

TEST_F(ClusterWatchTest, AGuideThatLeavesTheClusterIsFollowedNoLonger) {
  ScriptedNode guide;
  ScriptedNode other;
  const std::string both =
      line("a1", guide, "master 1 0-99") + line("b1", other, "master 2 100-199");
  guide.say_nodes(both);
  other.say_nodes(both);
  watch({&guide});
  ASSERT_TRUE(shows({text(guide, " master"), text(other, " master")}));
  guide.say_nodes(line("a1", guide, "myself,master 0"));
  other.say_nodes(line("b1", other, "myself,master 2 0-199"));
  EXPECT_TRUE(shows({text(other, " master")}));
  EXPECT_EQ(kinds().at(0), "node_removed");
  EXPECT_EQ(events_[0].instance, guide.address());
}

TEST_F(ClusterWatchTest, ANodeThatLeftIsNotTheClusterWhenItIsTheLastToAnswer) {
  ScriptedNode left;
  ScriptedNode other;
  left.say_nodes(line("a1", left, "myself,master 1 0-99") + line("b1", other, "master 2 100-199"));
  other.kill();
  watch({&left});
  ASSERT_TRUE(shows({text(left, " master"), text(other, " master")}));
  left.say_nodes(line("a1", left, "myself,master 0"));
  ASSERT_TRUE(runs_until([&] { return watch_->latest()->failures > 0; }));
  EXPECT_TRUE(shows({text(left, " master"), text(other, " master")}));
}

TEST_F(ClusterWatchTest, ASeedThatBelongsToNoClusterGivesWayToOneThatDoes) {
  ScriptedNode blank;
  ScriptedNode whole;
  blank.say_nodes(line("b1", blank, "myself,master 0"));
  whole.say_nodes(line("a1", whole, "myself,master 1 0-16383"));
  watch({&blank, &whole});
  EXPECT_TRUE(shows({text(whole, " master")}));
}

TEST_F(ClusterWatchTest, ASeedThatBelongsToNoClusterGivesWayToOneThatDoesAlsoLater) {
  ScriptedNode blank;
  ScriptedNode whole;
  blank.say_nodes(line("b1", blank, "myself,master 0"));
  whole.say_nodes(line("a1", whole, "myself,master 1 0-16383"));
  whole.kill();
  watch({&blank, &whole});
  ASSERT_TRUE(shows({text(blank, " master")}));
  whole.revive();
  EXPECT_TRUE(shows({text(whole, " master")}));
  EXPECT_EQ(figure("redis_cluster_disagreement"), 0) << "it serves nothing";
}

TEST_F(ClusterWatchTest, ANodeThatSaysSomethingElseEachTimeFloodsNobody) {
  ScriptedNode liar;
  const auto lie = [&](int start) {
    std::string text = line("a1", liar, "myself,master 1 0-16383");
    for (int i = start; i < start + 300; ++i) {
      text += node_line(fmt::format("b{:04} 10.0.0.1:{}@1 master 1", i, 1000 + i));
    }
    liar.say_nodes(text);
  };
  lie(0);
  watch({&liar});
  ASSERT_TRUE(runs_until([&] { return watch_->latest() && watch_->latest()->targets.size() > 1; }));
  for (int i = 1; i <= 5; ++i) {
    lie(300 * i);
    const std::string last = "10.0.0.1:" + std::to_string(1000 + 300 * i);
    ASSERT_TRUE(runs_until([&] {
      return std::ranges::any_of(watch_->latest()->targets,
                                 [&](const auto& target) { return target.name() == last; });
    }));
  }
  EXPECT_LT(events_.size(), 3 * Telling::kMostEvents) << "of 3000 there were";
}

TEST_F(ClusterWatchTest, ANodeThatNamesOthersEachTimeIsBelievedUntilThereAreTooManyNewOnes) {
  newcomers_ = Newcomers(4);
  ScriptedNode liar;
  ScriptedNode honest;
  const std::string nodes = line("a1", liar, "master 1 0-16383") + line("a2", honest, "slave:a1 1");
  liar.say_nodes(nodes);
  honest.say_nodes(nodes);
  watch({&liar});
  ASSERT_TRUE(shows({text(liar, " master"), text(honest, " replica")}));
  std::string more = nodes;
  for (int i = 0; i < 300; ++i) {
    more += node_line(fmt::format("b{:04} 10.0.0.1:{}@1 slave:a1 9", i, 1000 + i));
  }
  liar.say_nodes(more);
  ASSERT_TRUE(runs_until([&] { return !events_.empty(); }));
  EXPECT_THAT(events_[0].to, HasSubstr("more new nodes"));
  EXPECT_EQ(events_[0].instance, liar.address());
  run_for(300ms);
  EXPECT_THAT(targets(),
              testing::UnorderedElementsAre(text(liar, " master"), text(honest, " replica")));
  EXPECT_EQ(watch_->latest()->failures, 0U) << "the other node is followed";
}

TEST_F(ClusterWatchTest, NodesThatContradictAreCountedAndTheLaterEpochWins) {
  ScriptedNode a1;
  ScriptedNode b1;
  ScriptedNode c1;
  const auto nodes = [&](std::string_view a, std::string_view b, std::string_view c) {
    return line("a1", a1, a) + line("b1", b1, b) + line("c1", c1, c);
  };
  const std::string agreed = nodes("master 1 0-99", "master 2 100-199", "master 3 200-299");
  a1.say_nodes(agreed);
  b1.say_nodes(agreed);
  c1.say_nodes(nodes("master 1 0-99", "master,fail 2 100-199", "master 3 200-299"));
  watch({&a1});
  EXPECT_TRUE(runs_until(
      [&] { return watch_->latest() != nullptr && figure("redis_cluster_disagreement") == 1; }));
  EXPECT_THAT(targets(), Not(Contains(HasSubstr("!"))))
      << "the one that is asked first is followed";
  c1.say_nodes(nodes("master 1 0-99", "master 2 200-299", "master 9 100-199"));
  EXPECT_TRUE(runs_until([&] {
    return std::ranges::any_of(events_, [](const Event& e) { return e.kind == "slots_moved"; });
  }));
  EXPECT_EQ(figure("redis_cluster_disagreement"), 2);
}

}  // namespace
}  // namespace hitwatch::topology
