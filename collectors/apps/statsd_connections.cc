#include "collectors/apps/statsd_connections.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <utility>

namespace hitwatch::apps {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};
// So many reads of one connection before the others have their turn.
constexpr int kReadsPerTurn = 4;
constexpr int kSweepsPerIdleTime = 10;

}  // namespace

StatsdConnections::StatsdConnections(asio::io_context& loop, ConnectionLimits limits,
                                     StatsdIntake& intake, ConnectionCounters& counters)
    : limits_(limits),
      intake_(intake),
      counters_(counters),
      loop_(loop),
      sweep_timer_(loop),
      received_(new std::array<char, kMaxLineBytes + 1>) {}

void StatsdConnections::listen(asio::ip::tcp::acceptor acceptor) {
  listeners_.push_back({std::move(acceptor), asio::steady_timer(loop_)});
  accept(listeners_.back());
  if (listeners_.size() == 1) schedule_sweep();
}

void StatsdConnections::accept(Listener& listener) {
  listener.acceptor.async_accept([this, &listener](const error_code& error, Socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      on_accept(std::move(socket));
      return accept(listener);
    }
    listener.pause.expires_after(kAcceptPause);
    listener.pause.async_wait([this, &listener](const error_code& stopped) {
      if (!stopped) accept(listener);
    });
  });
}

void StatsdConnections::on_accept(Socket socket) {
  if (connections_.size() >= limits_.connections) {
    const auto silent = std::ranges::min_element(
        connections_, {}, [](const auto& connection) { return connection->heard; });
    close(std::shared_ptr(*silent), End::kDropped);
  }
  error_code error;
  socket.non_blocking(true, error);
  if (error) return;
  connections_.push_back(std::make_shared<Connection>(std::move(socket)));
  counters_.open = connections_.size();
  wait(connections_.back());
}

void StatsdConnections::wait(const std::shared_ptr<Connection>& connection) {
  connection->socket.async_wait(Socket::wait_read, [this, connection](const error_code& error) {
    if (connection->closed) return;
    if (error) return close(connection, End::kBroken);
    read(connection);
  });
}

void StatsdConnections::read(const std::shared_ptr<Connection>& connection) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    error_code error;
    const std::size_t size = connection->socket.read_some(asio::buffer(*received_), error);
    if (error == asio::error::would_block) break;
    if (error == asio::error::eof) return close(connection, End::kByPeer);
    if (error) return close(connection, End::kBroken);
    connection->heard = Clock::now();
    intake_.take([&](StatsdCounting& counting, StatsdNames& names, auto& recorder) {
      connection->stream.feed({received_->data(), size}, counting, names, recorder);
    });
  }
  wait(connection);
}

void StatsdConnections::close(const std::shared_ptr<Connection>& connection, End end) {
  intake_.take([&](StatsdCounting& counting, StatsdNames& names, auto& recorder) {
    if (end == End::kByPeer) {
      connection->stream.finish(counting, names, recorder);
    } else {
      connection->stream.abandon(counting);
    }
  });
  connection->closed = true;
  error_code ignored;
  connection->socket.close(ignored);
  std::erase(connections_, connection);
  counters_.open = connections_.size();
  if (end == End::kDropped) ++counters_.dropped;
}

void StatsdConnections::schedule_sweep() {
  sweep_timer_.expires_after(limits_.idle / kSweepsPerIdleTime);
  sweep_timer_.async_wait([this](const error_code& stopped) {
    if (stopped) return;
    sweep();
    schedule_sweep();
  });
}

void StatsdConnections::sweep() {
  const auto earliest = Clock::now() - limits_.idle;
  const auto all = connections_;  // of which closing removes some
  for (const auto& connection : all) {
    if (connection->heard < earliest) close(connection, End::kDropped);
  }
}

}  // namespace hitwatch::apps
