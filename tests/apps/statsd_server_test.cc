// StatsD through real sockets of the loopback.
#include "collectors/apps/statsd_server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "collectors/apps/statsd_connections.h"

namespace hitwatch::apps {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using LocalDatagrams = asio::local::datagram_protocol;
using Transport = StatsdAddress::Transport;

StatsdAddress udp_address(std::uint16_t port = 0) {
  return {.transport = Transport::kUdp,
          .host = "127.0.0.1",
          .port = port,
          .text = "udp://127.0.0.1:" + std::to_string(port)};
}
StatsdAddress tcp_address(std::uint16_t port = 0) {
  return {.transport = Transport::kTcp,
          .host = "127.0.0.1",
          .port = port,
          .text = "tcp://127.0.0.1:" + std::to_string(port)};
}
StatsdAddress unix_address(const std::string& path) {
  return {.transport = Transport::kUnixgram, .path = path, .text = "unixgram://" + path};
}

template <typename Condition>
bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

class StatsdServerTest : public testing::Test {
 protected:
  StatsdServerTest() {
    std::string name = testing::TempDir() + "hitwatch-statsd-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~StatsdServerTest() override {
    server.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string path(const std::string& name) const { return folder_ / name; }

  // What is wrong, or "".
  std::string start(const std::vector<StatsdAddress>& listen, bool by_default = false,
                    const std::vector<StatsdMeaning>& mapping = {}) {
    auto started = StatsdServer::start(
        {.listen = listen, .listen_by_default = by_default, .mapping = mapping}, store, log);
    if (!started) return started.error();
    server = *std::move(started);
    return "";
  }

  void send_udp(std::string_view datagram, std::size_t address = 0) {
    udp::socket socket(loop, udp::v4());
    socket.send_to(asio::buffer(datagram),
                   udp::endpoint(asio::ip::address_v4::loopback(), server->ports()[address]));
  }
  void send_unix(std::string_view datagram, const std::string& to) {
    LocalDatagrams::socket socket(loop, LocalDatagrams());
    socket.set_option(asio::socket_base::send_buffer_size(1 << 20));
    socket.send_to(asio::buffer(datagram), LocalDatagrams::endpoint(to));
  }
  tcp::socket connect(std::size_t address = 0) {
    tcp::socket socket(loop);
    socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), server->ports()[address]));
    return socket;
  }
  static void send(tcp::socket& socket, std::string_view bytes) {
    asio::write(socket, asio::buffer(bytes));
  }
  // Whether the server has closed the connection; waits for it.
  static bool is_closed(tcp::socket& socket) {
    char byte = 0;
    boost::system::error_code error;
    socket.read_some(asio::buffer(&byte, 1), error);
    return error == asio::error::eof || error == asio::error::connection_reset;
  }

  bool has_lines(std::uint64_t lines) {
    return eventually([&] { return server->counters().lines >= lines; });
  }
  std::uint64_t rejected(Rejection rejection) const {
    return server->counters().rejected[static_cast<std::size_t>(rejection)];
  }
  std::string exposition() const {
    std::string text;
    store.write(text, metrics::Format::kText, lookups::Buckets::kClassic);
    return text;
  }

  log::Log log{log::Level::kError, log::Format::kLogfmt};
  lookups::Store store{{}, {}, lookups::Clock::now()};
  std::unique_ptr<StatsdServer> server;
  asio::io_context loop;

 private:
  std::filesystem::path folder_;
};

using StatsdTcp = StatsdServerTest;
using StatsdUnix = StatsdServerTest;

TEST_F(StatsdServerTest, CountsWhatArrivesAtEveryAddress) {
  ASSERT_EQ(start({udp_address(), unix_address(path("s.sock")), tcp_address()}), "");
  EXPECT_NE(server->ports()[0], 0);
  EXPECT_EQ(server->ports()[1], 0);
  send_udp("cache.hit:1|c|#tenant:acme,type:catalog\ncache.hit:2|c|#tenant:acme,type:catalog");
  send_unix("cache.hit:4|c|#tenant:acme,type:catalog", path("s.sock"));
  tcp::socket client = connect(2);
  send(client, "cache.hit:8|c|#tenant:acme,type:catalog\n");
  ASSERT_TRUE(has_lines(4));
  EXPECT_THAT(exposition(), HasSubstr("cache_hits_total{layer=\"redis\",type=\"catalog\","
                                      "tenant=\"acme\",source=\"statsd\"} 15\n"));
  const StatsdCounters counters = server->counters();
  EXPECT_EQ(counters.datagrams, 2U);
  EXPECT_EQ(counters.lines, 4U);
  EXPECT_EQ(counters.datagrams_dropped, 0U);
  EXPECT_EQ(counters.tcp_connections, 1U);
}

TEST_F(StatsdServerTest, ABadLineAmongGoodOnesDisturbsNone) {
  ASSERT_EQ(start({udp_address()}), "");
  send_udp("cache.hit:1|c\ncache.hit:1|x\ncache.miss:1|c\nother:1|c\n");
  ASSERT_TRUE(has_lines(4));
  EXPECT_EQ(rejected(Rejection::kType), 1U);
  EXPECT_EQ(server->counters().lines_ignored, 1U);
  EXPECT_THAT(exposition(),
              AllOf(HasSubstr("cache_hits_total{"), HasSubstr("cache_misses_total{")));
}

TEST_F(StatsdServerTest, EveryReasonOfARejectionIsCounted) {
  ASSERT_EQ(start({udp_address()}), "");
  send_udp(
      "x\ncache.hit:1|y\ncache.hit:1|g\ncache.hit:nan|c\ncache.hit:-1|c\ncache.hit:1|c|@1e-300\n");
  send_udp("cache.hit" + [] {
    std::string values;
    for (std::size_t i = 0; i <= kMaxValues; ++i) values += ":1";
    return values;
  }() + "|c");
  ASSERT_TRUE(has_lines(7));
  for (const std::uint64_t count : server->counters().rejected) EXPECT_EQ(count, 1U);
}

TEST_F(StatsdServerTest, TakesDatagramsOf64KiB) {
  ASSERT_EQ(start({udp_address(), unix_address(path("s.sock"))}), "");
  constexpr std::size_t kMostOfUdp = 65'507;
  const std::string line = "cache.hit:1|c|#tenant:acme\n";
  std::string datagram;
  std::uint64_t lines = 0;
  for (; datagram.size() + line.size() <= kMostOfUdp; ++lines) datagram += line;
  send_udp(datagram);
  ASSERT_TRUE(has_lines(lines));
  send_unix(std::string(kMaxLineBytes, 'x'), path("s.sock"));
  ASSERT_TRUE(has_lines(lines + 1));
  EXPECT_EQ(rejected(Rejection::kMalformed), 1U);
}

TEST_F(StatsdUnix, OfADatagramBeyond64KiBTheWholeLinesCount) {
  ASSERT_EQ(start({unix_address(path("s.sock"))}), "");
  send_unix("cache.hit:1|c\n" + std::string(100'000, 'x'), path("s.sock"));
  ASSERT_TRUE(has_lines(2));
  EXPECT_EQ(rejected(Rejection::kTooLong), 1U);
  EXPECT_THAT(exposition(), HasSubstr("cache_hits_total{"));
}

TEST_F(StatsdServerTest, AnyBytesBecomeLabelsThatCanBeRead) {
  ASSERT_EQ(start({udp_address()}), "");
  send_udp("cache.hit:1|c|#tenant:\x01\xff\xc3(,type:\"\\\t");
  ASSERT_TRUE(has_lines(1));
  const std::string text = exposition();
  EXPECT_THAT(text, HasSubstr("cache_hits_total{"));
  for (const char c : text) {
    ASSERT_TRUE(c == '\n' || (c >= ' ' && c < 0x7f)) << static_cast<int>(c);
  }
}

TEST_F(StatsdServerTest, AFloodOfTenantsStaysBounded) {
  store.configure({}, {.tenants = 50, .latency_tenants = 5});
  store.tick(lookups::Clock::now());
  ASSERT_EQ(start({tcp_address()}), "");
  tcp::socket client = connect();
  constexpr std::uint64_t kLines = 50'000;
  std::string text;
  for (std::uint64_t i = 0; i < kLines; ++i) text += fmt::format("cache.hit:1|c|#tenant:t{}\n", i);
  send(client, text);
  ASSERT_TRUE(has_lines(kLines));
  EXPECT_LE(store.counters().tenants, 50U);
  EXPECT_GT(store.counters().overflowed, 0);
  EXPECT_THAT(exposition(), HasSubstr("tenant=\"overflow\""));
}

TEST_F(StatsdServerTest, AnotherMappingCountsFromNowOn) {
  ASSERT_EQ(start({udp_address()}), "");
  send_udp("myapp.hits:1|c");
  ASSERT_TRUE(has_lines(1));
  EXPECT_EQ(server->counters().lines_ignored, 1U);
  server->set_mapping({{keys::Pattern::parse("myapp.hits").value(), StatsdMeaning::Kind::kHit}});
  send_udp("myapp.hits:1|c");
  ASSERT_TRUE(has_lines(2));
  EXPECT_EQ(server->counters().lines_ignored, 1U);
}

TEST_F(StatsdServerTest, CountsDatagramsThatTheKernelDropped) {
  // Meanwhile the server waits for the store, so that the kernel must drop.
  ASSERT_EQ(start({udp_address()}), "");
  const std::string datagram(60'000, 'x');
  std::uint64_t sent = 0;
  {
    const auto held = store.record();
    for (; sent < 2'000; ++sent) send_udp(datagram);
  }
  // The kernel says with a datagram how many it dropped before, so others must follow.
  EXPECT_TRUE(eventually([&] {
    send_udp("x");
    ++sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const StatsdCounters counters = server->counters();
    return counters.datagrams_dropped > 0 &&
           counters.datagrams + counters.datagrams_dropped == sent;
  }));
}

TEST_F(StatsdServerTest, AnAddressInUseIsAnErrorThatNamesIt) {
  const udp::socket other(loop, udp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::uint16_t port = other.local_endpoint().port();
  EXPECT_THAT(start({udp_address(port)}),
              AllOf(HasSubstr(fmt::format("udp://127.0.0.1:{}", port)), HasSubstr("in use")));
  tcp::acceptor listener(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  EXPECT_THAT(start({tcp_address(listener.local_endpoint().port())}), HasSubstr("in use"));
}

TEST_F(StatsdServerTest, DefaultAddressesThatCannotBeHadAreLeftOut) {
  const udp::socket other(loop, udp::endpoint(asio::ip::address_v4::loopback(), 0));
  ASSERT_EQ(start({udp_address(other.local_endpoint().port()),
                   unix_address(path("no/folder/s.sock")), udp_address()},
                  true),
            "");
  ASSERT_EQ(server->ports().size(), 3U);
  EXPECT_EQ(server->ports()[0], 0);
  EXPECT_EQ(server->ports()[1], 0);
  send_udp("cache.hit:1|c", 2);
  EXPECT_TRUE(has_lines(1));
}

TEST_F(StatsdServerTest, WithoutAddressesItOnlyWaitsForItsEnd) {
  ASSERT_EQ(start({}), "");
  EXPECT_EQ(server->counters().lines, 0U);
}

TEST_F(StatsdUnix, SocketIsForEverybodyAndGoesWithTheServer) {
  ASSERT_EQ(start({unix_address(path("s.sock"))}), "");
  struct stat found{};
  ASSERT_EQ(stat(path("s.sock").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0666U);
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(path("s.sock")));
}

TEST_F(StatsdUnix, LeftOverSocketIsReplaced) {
  {
    const LocalDatagrams::socket other(loop, LocalDatagrams::endpoint(path("s.sock")));
  }
  ASSERT_TRUE(std::filesystem::exists(path("s.sock")));
  ASSERT_EQ(start({unix_address(path("s.sock"))}), "");
  send_unix("cache.hit:1|c", path("s.sock"));
  EXPECT_TRUE(has_lines(1));
}

TEST_F(StatsdUnix, SocketInUseStays) {
  const LocalDatagrams::socket other(loop, LocalDatagrams::endpoint(path("s.sock")));
  EXPECT_THAT(start({unix_address(path("s.sock"))}),
              AllOf(HasSubstr(path("s.sock")), HasSubstr("another program")));
  EXPECT_TRUE(std::filesystem::exists(path("s.sock")));
  const asio::local::stream_protocol::acceptor stream(
      loop, asio::local::stream_protocol::endpoint(path("t.sock")));
  EXPECT_THAT(start({unix_address(path("t.sock"))}), HasSubstr("another program"));
}

TEST_F(StatsdUnix, FileOfAnotherKindStays) {
  std::ofstream(path("s.sock")) << "precious";
  EXPECT_THAT(start({unix_address(path("s.sock"))}), HasSubstr("no socket"));
  EXPECT_EQ(std::filesystem::file_size(path("s.sock")), 8U);
}

TEST_F(StatsdUnix, FolderMustExistAndThePathFit) {
  EXPECT_THAT(start({unix_address(path("no/s.sock"))}), HasSubstr("No such file"));
  EXPECT_THAT(start({unix_address(path(std::string(120, 'x')))}), HasSubstr("107 bytes"));
}

TEST_F(StatsdUnix, FileThatAnotherProgramMadeMeanwhileStays) {
  ASSERT_EQ(start({unix_address(path("s.sock"))}), "");
  std::filesystem::remove(path("s.sock"));
  std::ofstream(path("s.sock")) << "precious";
  server.reset();
  EXPECT_TRUE(std::filesystem::exists(path("s.sock")));
}

TEST_F(StatsdTcp, LastLineWithoutEndCountsWhenTheClientCloses) {
  ASSERT_EQ(start({tcp_address()}), "");
  {
    tcp::socket client = connect();
    send(client, "cache.hit:1|c\ncache.miss:1|c");
    ASSERT_TRUE(has_lines(1));
    EXPECT_EQ(server->counters().lines, 1U);
  }
  ASSERT_TRUE(has_lines(2));
  EXPECT_THAT(exposition(), HasSubstr("cache_misses_total{"));
  EXPECT_TRUE(eventually([&] { return server->counters().tcp_connections == 0; }));
  EXPECT_EQ(server->counters().tcp_connections_dropped, 0U);
}

TEST_F(StatsdTcp, ALineThatNeverEndsIsRejectedOnceAndTheConnectionStays) {
  ASSERT_EQ(start({tcp_address()}), "");
  tcp::socket client = connect();
  for (int i = 0; i < 64; ++i) send(client, std::string(1 << 16, 'x'));
  ASSERT_TRUE(has_lines(1));
  EXPECT_EQ(rejected(Rejection::kTooLong), 1U);
  send(client, "\ncache.hit:1|c\n");
  ASSERT_TRUE(has_lines(2));
  EXPECT_EQ(server->counters().lines, 2U);
  EXPECT_THAT(exposition(), HasSubstr("cache_hits_total{"));
}

TEST_F(StatsdTcp, OfTooManyConnectionsTheLongestSilentMakesRoom) {
  ASSERT_EQ(start({tcp_address()}), "");
  std::vector<tcp::socket> clients;
  for (std::size_t i = 0; i < StatsdServer::kMostTcpConnections; ++i) {
    clients.push_back(connect());
    send(clients.back(), "x\n");
    ASSERT_TRUE(has_lines(i + 1));
  }
  send(clients[0], "x\n");
  ASSERT_TRUE(has_lines(StatsdServer::kMostTcpConnections + 1));
  tcp::socket one_more = connect();
  EXPECT_TRUE(is_closed(clients[1]));
  EXPECT_TRUE(eventually([&] { return server->counters().tcp_connections_dropped == 1; }));
  EXPECT_EQ(server->counters().tcp_connections, StatsdServer::kMostTcpConnections);
  const std::uint64_t lines = server->counters().lines;
  send(clients[0], "x\n");
  send(one_more, "x\n");
  EXPECT_TRUE(has_lines(lines + 2));
}

TEST_F(StatsdTcp, IdleConnectionsAreClosed) {
  asio::io_context own_loop;
  StatsdIntake intake(store, {});
  ConnectionCounters counters;
  StatsdConnections connections(own_loop, {.connections = 4, .idle = std::chrono::milliseconds(20)},
                                intake, counters);
  tcp::acceptor acceptor(own_loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto endpoint = acceptor.local_endpoint();
  connections.listen(std::move(acceptor));
  std::thread thread([&] { own_loop.run(); });
  tcp::socket client(loop);
  client.connect(endpoint);
  EXPECT_TRUE(is_closed(client));
  EXPECT_TRUE(eventually([&] { return counters.dropped == 1 && counters.open == 0; }));
  own_loop.stop();
  thread.join();
}

}  // namespace
}  // namespace hitwatch::apps
