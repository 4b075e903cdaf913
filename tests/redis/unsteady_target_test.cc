// Servers that hang, names with several addresses, and names that move: what a poller makes of
// them.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "collectors/redis/patience.h"
#include "collectors/redis/poller.h"
#include "tests/net/scripted_peer.h"

namespace hitwatch::redis {
namespace {

using namespace std::chrono_literals;
using Clock = Poller::Clock;
namespace asio = boost::asio;

// Answers INFO, after as long as it is told to wait; 0: at once.
class SlowServer {
 public:
  explicit SlowServer(std::uint16_t port = 0)
      : peer_([this](net::PeerConnection& client) { serve(client); }, nullptr, port) {}
  ~SlowServer() { set_delay(0ms); }

  std::uint16_t port() const { return peer_.port(); }
  int connections() const { return peer_.connections(); }
  void set_delay(std::chrono::milliseconds delay) {
    const std::scoped_lock lock(mutex_);
    delay_ = delay;
    changed_.notify_all();
  }

 private:
  void wait() {
    std::unique_lock lock(mutex_);
    const auto began = Clock::now();
    while (Clock::now() < began + delay_) changed_.wait_until(lock, began + delay_);
  }
  void serve(net::PeerConnection& client) {
    const std::string info = "redis_version:7.0.15\r\nrole:master\r\n";
    while (true) {
      const std::string head = client.read_until("\r\n");
      if (!head.starts_with('*')) return;
      std::string name;
      for (int left = std::stoi(head.substr(1)); left > 0; --left) {
        client.read_until("\r\n");
        const std::string word = client.read_until("\r\n");
        if (name.empty()) name = word.substr(0, word.size() - 2);
      }
      if (name == "INFO") {
        wait();
        client.write("$" + std::to_string(info.size()) + "\r\n" + info + "\r\n");
      } else {
        client.write("-ERR unknown command '" + name + "'\r\n");
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::milliseconds delay_{0};
  net::ScriptedPeer peer_;
};

// A port where connections are neither accepted nor refused: the queue of its listener is full.
class FullListener {
 public:
  explicit FullListener(const char* address = "127.0.0.1") {
    acceptor_.open(asio::ip::tcp::v4());
    acceptor_.bind({asio::ip::make_address(address), 0});
    acceptor_.listen(0);
    for (int i = 0; i < 4; ++i) {
      clients_.emplace_back(loop_).async_connect(acceptor_.local_endpoint(), [](const auto&) {});
    }
    loop_.run_for(50ms);
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context loop_;
  asio::ip::tcp::acceptor acceptor_{loop_};
  std::vector<asio::ip::tcp::socket> clients_;
};

class UnsteadyTarget : public testing::Test {
 protected:
  ~UnsteadyTarget() override {
    if (poller_ != nullptr) poller_->stop();
  }
  void watch(const std::string& url, std::chrono::milliseconds timeout) {
    Target target;
    target.url = net::parse_redis_url(url).value();
    PollOptions options;
    options.on_scrape = true;
    options.timeout = timeout;
    poller_ = std::make_shared<Poller>(
        loop_.get_executor(), resolver_, tls_contexts_, families_, log_, std::move(target), options,
        [this](const PollResult& result) { results_.push_back(result); }, nullptr, nullptr,
        &slots_);
  }
  const TargetState& poll() {
    const std::size_t before = results_.size();
    poller_->poll(Clock::now() + poller_->timeout(), {});
    loop_.restart();
    const auto limit = Clock::now() + 30s;
    while (results_.size() == before && Clock::now() < limit) loop_.run_one_for(100ms);
    return *results_.back().state;
  }
  void resolve_to(const std::vector<std::string>& addresses) {
    const std::scoped_lock lock(names_->mutex);
    names_->addresses.clear();
    for (const std::string& address : addresses) {
      names_->addresses.push_back({asio::ip::make_address(address), 0});
    }
  }

  // Threads that look up may outlive a test.
  struct Names {
    std::mutex mutex;
    net::Addresses addresses;
  };
  const std::shared_ptr<Names> names_ = std::make_shared<Names>();
  asio::io_context loop_;
  net::Resolver resolver_{
      loop_.get_executor(),
      {.addresses = [names =
                         names_](const std::string&) -> std::expected<net::Addresses, net::Error> {
         const std::scoped_lock lock(names->mutex);
         return names->addresses;
       },
       .ttl = [](const std::string&) { return std::chrono::seconds(1); }}};
  net::TlsContexts tls_contexts_;
  metrics::FamilyRegistry registry_;
  Families families_{registry_, "redis"};
  log::Log log_{log::Level::kError, log::Format::kLogfmt};
  ConnectSlots slots_{loop_.get_executor()};
  std::vector<PollResult> results_;
  std::shared_ptr<Poller> poller_;
};

TEST_F(UnsteadyTarget, AServerThatIsMerelySlowIsNotDown) {
  SlowServer server;
  watch("redis://127.0.0.1:" + std::to_string(server.port()), 20s);
  ASSERT_TRUE(poll().up);
  server.set_delay(1500ms);
  const TargetState& state = poll();
  EXPECT_TRUE(state.up) << state.error.text;
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(UnsteadyTarget, OneThatIsKnownToHangIsProbedForLess) {
  SlowServer server;
  watch("redis://127.0.0.1:" + std::to_string(server.port()), 1s);
  ASSERT_TRUE(poll().up);
  server.set_delay(1h);
  const auto first = poll().last_duration;
  EXPECT_FALSE(results_.back().state->up);
  EXPECT_GE(first, 1s) << "it was called down before its time had passed";
  std::vector<std::chrono::duration<double>> probes;
  for (int i = 0; i < Patience::kFullProbe; ++i) {
    const TargetState& state = poll();
    EXPECT_FALSE(state.up);
    EXPECT_EQ(state.error.reason, net::Reason::kTimeout);
    probes.push_back(state.last_duration);
  }
  for (int i = 0; i + 1 < Patience::kFullProbe; ++i) EXPECT_LT(probes[i], first) << i;
  EXPECT_GE(probes.back(), 1s) << "every fourth probe has all the time";
  server.set_delay(0ms);
  // The server comes back to the clients that have left meanwhile first.
  EXPECT_TRUE(poll().up || poll().up);
}

TEST_F(UnsteadyTarget, OneThatComesBackSlowlyIsFoundByTheFourthProbe) {
  SlowServer server;
  watch("redis://127.0.0.1:" + std::to_string(server.port()), 1500ms);
  ASSERT_TRUE(poll().up);
  server.set_delay(1h);
  ASSERT_FALSE(poll().up);
  server.set_delay(600ms);  // more than a probe waits for the first byte
  bool up = false;
  for (int probes = 0; !up && probes < Patience::kFullProbe; ++probes) up = poll().up;
  EXPECT_TRUE(up);
}

TEST_F(UnsteadyTarget, AnAddressThatHangsIsGivenUpForTheNext) {
  const FullListener full("127.0.0.2");
  SlowServer server(full.port());
  resolve_to({"127.0.0.2", "127.0.0.1"});
  watch("redis://cache.example:" + std::to_string(server.port()), 20s);
  EXPECT_TRUE(poll().up) << results_.back().state->error.text;
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(UnsteadyTarget, TheOnlyAddressThatMayStillAnswerIsWaitedFor) {
  const FullListener full("127.0.0.2");
  resolve_to({"127.0.0.2", "127.0.0.1"});  // nobody listens on the second
  watch("redis://cache.example:" + std::to_string(full.port()), 1500ms);
  const TargetState& state = poll();
  EXPECT_EQ(state.error.reason, net::Reason::kTimeout) << state.error.text;
}

TEST_F(UnsteadyTarget, AConnectThatTimedOutTakesTheOtherLane) {
  const FullListener full;
  watch("redis://127.0.0.1:" + std::to_string(full.port()), 300ms);
  EXPECT_EQ(poll().error.reason, net::Reason::kTimeout);
  EXPECT_EQ(slots_.figures().in_flight, 0U);
  EXPECT_EQ(slots_.figures().granted, 1U);
  // With all slots of that lane taken it has to wait.
  std::vector<ConnectSlots::Taken> taken;
  for (std::size_t i = 0; i < ConnectSlots::Bounds{}.lane; ++i) {
    taken.push_back(slots_.take(ConnectSlots::Lane::kHanging, [] {}));
  }
  EXPECT_EQ(poll().error.text, "too many other connections were being made");
}

TEST_F(UnsteadyTarget, ANameThatLeadsElsewhereIsFollowed) {
  auto former = std::make_unique<SlowServer>();
  resolve_to({"127.0.0.1"});
  watch("redis://primary.example:" + std::to_string(former->port()), 20s);
  ASSERT_TRUE(poll().up);
  // Whoever connects to the other address is refused: nobody listens there.
  resolve_to({"127.0.0.3"});
  const auto limit = Clock::now() + 30s;
  while (poll().up && Clock::now() < limit) loop_.run_for(100ms);
  EXPECT_EQ(results_.back().state->error.reason, net::Reason::kRefused);
  EXPECT_EQ(former->connections(), 1);
  resolve_to({"127.0.0.1"});
  while (!poll().up && Clock::now() < limit) loop_.run_for(100ms);
  EXPECT_TRUE(results_.back().state->up);
}

TEST_F(UnsteadyTarget, ANameThatFailsKeepsItsConnectionAndItsAddress) {
  SlowServer server;
  resolve_to({"127.0.0.1"});
  watch("redis://primary.example:" + std::to_string(server.port()), 20s);
  ASSERT_TRUE(poll().up);
  loop_.run_for(1100ms);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(poll().up);
  EXPECT_EQ(server.connections(), 1);
}

}  // namespace
}  // namespace hitwatch::redis
