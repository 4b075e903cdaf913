// Asks, on a connection of its own and telling nothing of ours, whether a port speaks the other of
// TLS and plain Redis than its URL names, so that the error can say which of the two to name. On
// the executor's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "agent/net/error.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "agent/net/url.h"
#include "collectors/redis/connection.h"

namespace hitwatch::redis {

class ProtocolProbe {
 public:
  // The error that names the right one; nothing if the port does not speak the other.
  using Verdict = std::function<void(std::optional<net::Error> mismatch)>;

  // The references must outlive it.
  ProtocolProbe(boost::asio::any_io_executor executor, net::Resolver& resolver,
                net::TlsContexts& tls_contexts);
  ~ProtocolProbe() { close(); }
  ProtocolProbe(const ProtocolProbe&) = delete;
  ProtocolProbe& operator=(const ProtocolProbe&) = delete;

  // Ends what was asked before. No bound on the time: the owner closes when its deadline passes.
  void ask(const net::RedisUrl& url, Verdict verdict);
  // Nobody is called any more.
  void close();

 private:
  boost::asio::any_io_executor executor_;
  net::Resolver& resolver_;
  net::TlsContexts& tls_contexts_;
  std::shared_ptr<Connection> connection_;
};

}  // namespace hitwatch::redis
