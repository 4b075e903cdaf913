// `hitwatch top` against the daemon.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

void send_datagram(int port, std::string_view text) {
  const int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(sendto(sender, text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&address),
                   sizeof address),
            static_cast<ssize_t>(text.size()));
  close(sender);
}

class Top : public testing::Test {
 protected:
  Top() {
    send_datagram(statsd_port_,
                  "cache.hit:90|c|#tenant:acme,type:catalog\n"
                  "cache.miss:10|c|#tenant:acme,type:catalog\n"
                  "cache.latency:0.9|ms|#tenant:acme,type:catalog\n"
                  "cache.hit:10|c|#tenant:globex,type:session\n"
                  "cache.miss:30|c|#tenant:globex,type:session\n"
                  "cache.error:2|c|#tenant:globex,type:session");
    const std::string last = R"(cache_errors_total{layer="redis",type="session",tenant="globex")";
    EXPECT_TRUE(daemon_.shows(last)) << daemon_.metrics();
  }

  std::string top(const std::vector<std::string>& options) const {
    std::vector<std::string> arguments = {hitwatch_binary(), "top", "--once", "--url",
                                          "http://127.0.0.1:" + std::to_string(daemon_.port())};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Finished finished = run_to_end(arguments);
    EXPECT_EQ(finished.code, 0) << finished.output;
    return finished.output;
  }

 private:
  const int statsd_port_ = free_port();
  const TempDir folder_;
  const Hitwatch daemon_{
      {"run", "--config",
       folder_.write("hitwatch.yaml", "apps:\n  statsd:\n    listen: [\"udp://127.0.0.1:" +
                                          std::to_string(statsd_port_) +
                                          "\"]\nstorage: {path: " + folder_.path() + "}\n")}};
};

TEST_F(Top, ShowsWhatApplicationsReported) {
  const std::string table = top({});
  EXPECT_TRUE(table.contains("\nacme   catalog redis statsd ")) << table;
  EXPECT_TRUE(table.contains(" 90.0 ")) << table;
  EXPECT_TRUE(table.contains("\nglobex session redis statsd ")) << table;
  EXPECT_TRUE(table.contains(" 25.0 ")) << table;
  EXPECT_LT(table.find("\nglobex"), table.find("\nacme")) << "most misses first";
}

// Each window with some of the orders: one knows nothing of the other.
TEST_F(Top, EveryOrderIsOneTheDaemonKnows) {
  const std::array<std::string, 3> windows = {"1m", "5m", "15m"};
  std::size_t turn = 0;
  for (const std::string key : {"miss_ratio", "misses", "hits", "lookups", "errors", "p50", "p95",
                                "p99", "tenant", "type"}) {
    const std::string table = top({"--sort", key, "--window", windows[turn++ % windows.size()]});
    EXPECT_TRUE(table.contains(", 2 rows, ")) << table;
  }
  const std::string by_hits = top({"--sort", "hits"});
  EXPECT_LT(by_hits.find("\nacme"), by_hits.find("\nglobex")) << by_hits;
}

TEST_F(Top, FiltersAndLimitAreTheDaemons) {
  EXPECT_FALSE(top({"--tenant", "ac*"}).contains("globex"));
  EXPECT_FALSE(top({"--type", "sess*"}).contains("acme"));
  EXPECT_TRUE(top({"--layer", "redis", "--source", "statsd"}).contains(", 2 rows, "));
  EXPECT_TRUE(top({"--layer", "memory"}).contains(", 0 rows, "));
  EXPECT_TRUE(top({"--source", "http"}).contains(", 0 rows, "));
  const std::string table = top({"--limit", "1"});
  EXPECT_TRUE(table.contains(", 1/2 rows, ")) << table;
}

}  // namespace
}  // namespace hitwatch::test
