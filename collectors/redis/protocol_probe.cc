#include "collectors/redis/protocol_probe.h"

#include <utility>

namespace hitwatch::redis {
namespace {

net::Error wrong_protocol(bool speaks_tls) {
  return {net::Reason::kTls,
          speaks_tls ? "the port speaks TLS: use a rediss:// or valkeys:// URL"
                     : "the port speaks plain Redis, not TLS: use a redis:// or valkey:// URL"};
}

}  // namespace

ProtocolProbe::ProtocolProbe(boost::asio::any_io_executor executor, net::Resolver& resolver,
                             net::TlsContexts& tls_contexts)
    : executor_(std::move(executor)), resolver_(resolver), tls_contexts_(tls_contexts) {}

void ProtocolProbe::ask(const net::RedisUrl& url, Verdict verdict) {
  close();
  net::RedisUrl other = url;
  other.tls = !url.tls;
  net::TlsOptions options;
  options.insecure_skip_verify = true;
  connection_ = std::make_shared<Connection>(executor_, resolver_, tls_contexts_);
  const auto tell = [verdict = std::move(verdict), tls = other.tls](bool speaks) {
    verdict(speaks ? std::optional(wrong_protocol(tls)) : std::nullopt);
  };
  const std::weak_ptr<Connection> weak = connection_;
  connection_->open(other, options,
                    {.opened =
                         [weak, tell, tls = other.tls] {
                           if (tls) {
                             tell(true);
                           } else if (const auto connection = weak.lock()) {
                             connection->send("*1\r\n$4\r\nPING\r\n");
                           }
                         },
                     .reply = [tell](const Reply&) { tell(true); },
                     .closed = [tell](const net::Error&) { tell(false); }});
}

void ProtocolProbe::close() {
  if (connection_ != nullptr) connection_->close();
  connection_ = nullptr;
}

}  // namespace hitwatch::redis
