#include "collectors/apps/statsd_server.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <list>
#include <system_error>
#include <thread>
#include <utility>

#include "collectors/apps/statsd_connections.h"
#include "collectors/apps/statsd_datagrams.h"
#include "collectors/apps/statsd_intake.h"
#include "collectors/apps/statsd_sockets.h"

namespace hitwatch::apps {

class StatsdServer::Impl {
 public:
  Impl(const std::vector<StatsdMeaning>& mapping, lookups::Store& store)
      : intake_(store, mapping),
        connections_(loop_, {.connections = kMostTcpConnections}, intake_, connection_counters_) {}
  ~Impl();

  // Binds an address and says which port that is; 0 of a Unix socket.
  std::expected<std::uint16_t, std::string> open(const StatsdAddress& address);
  std::expected<void, std::string> open_all(const StatsdOptions& options, log::Log& log);
  void run_thread();

  StatsdIntake& intake() { return intake_; }
  StatsdCounters counters() const;
  const std::vector<std::uint16_t>& ports() const { return ports_; }

 private:
  void receive(DatagramSocket socket) {
    datagrams_.emplace_back(std::move(socket), batch_, intake_, datagram_counters_);
  }

  StatsdIntake intake_;
  DatagramCounters datagram_counters_;
  ConnectionCounters connection_counters_;
  std::vector<SocketFile> files_;
  boost::asio::io_context loop_{1};  // ends after those that use it
  DatagramBatch batch_;
  std::list<StatsdDatagrams> datagrams_;
  StatsdConnections connections_;
  std::vector<std::uint16_t> ports_;
  std::thread thread_;
};

namespace {

// Why an address of the default is not there. Without a package's folder nobody expects the socket.
void log_left_out(log::Log& log, const StatsdAddress& address, const std::string& why) {
  constexpr std::string_view kMessage = "an address for StatsD is left out";
  std::error_code ignored;
  const bool is_expected =
      address.transport == StatsdAddress::Transport::kUnixgram &&
      !std::filesystem::exists(std::filesystem::path(address.path).parent_path(), ignored);
  if (is_expected) {
    log.info(kMessage, {{"address", address.text}, {"error", why}});
  } else {
    log.warn(kMessage, {{"address", address.text}, {"error", why}});
  }
}

}  // namespace

StatsdServer::Impl::~Impl() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

std::expected<std::uint16_t, std::string> StatsdServer::Impl::open(const StatsdAddress& address) {
  using Transport = StatsdAddress::Transport;
  if (address.transport == Transport::kUdp) {
    auto opened = open_udp(loop_, address, kReceiveBuffer);
    if (!opened) return std::unexpected(opened.error());
    receive(std::move(opened->socket));
    return opened->port;
  }
  if (address.transport == Transport::kUnixgram) {
    auto opened = open_unixgram(loop_, address, kReceiveBuffer);
    if (!opened) return std::unexpected(opened.error());
    receive(std::move(opened->socket));
    files_.push_back(std::move(opened->file));
    return 0;
  }
  auto opened = open_tcp(loop_, address);
  if (!opened) return std::unexpected(opened.error());
  boost::system::error_code ignored;
  const std::uint16_t port = opened->local_endpoint(ignored).port();
  connections_.listen(*std::move(opened));
  return port;
}

std::expected<void, std::string> StatsdServer::Impl::open_all(const StatsdOptions& options,
                                                              log::Log& log) {
  for (const StatsdAddress& address : options.listen) {
    const auto port = open(address);
    if (!port && !options.listen_by_default) return std::unexpected(port.error());
    if (!port) log_left_out(log, address, port.error());
    ports_.push_back(port.value_or(0));
  }
  return {};
}

void StatsdServer::Impl::run_thread() {
  for (StatsdDatagrams& datagrams : datagrams_) datagrams.start();
  thread_ = std::thread([this] {
    const auto until_stopped = boost::asio::make_work_guard(loop_);
    loop_.run();
  });
  pthread_setname_np(thread_.native_handle(), "hitwatch-statsd");
}

StatsdCounters StatsdServer::Impl::counters() const {
  const StatsdTally tally = intake_.tally();
  return {.datagrams = datagram_counters_.received,
          .datagrams_dropped = datagram_counters_.dropped,
          .lines = tally.lines,
          .lines_ignored = tally.ignored,
          .rejected = tally.rejected,
          .tcp_connections = connection_counters_.open,
          .tcp_connections_dropped = connection_counters_.dropped};
}

StatsdServer::StatsdServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StatsdServer::~StatsdServer() = default;

std::expected<std::unique_ptr<StatsdServer>, std::string> StatsdServer::start(
    const StatsdOptions& options, lookups::Store& store, log::Log& log) {
  auto impl = std::make_unique<Impl>(options.mapping, store);
  if (const auto opened = impl->open_all(options, log); !opened) {
    return std::unexpected(opened.error());
  }
  impl->run_thread();
  return std::unique_ptr<StatsdServer>(new StatsdServer(std::move(impl)));
}

void StatsdServer::set_mapping(const std::vector<StatsdMeaning>& mapping) {
  impl_->intake().set_mapping(mapping);
}
StatsdCounters StatsdServer::counters() const { return impl_->counters(); }
std::vector<std::uint16_t> StatsdServer::ports() const { return impl_->ports(); }

}  // namespace hitwatch::apps
