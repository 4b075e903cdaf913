// Asks a daemon for the figures that `hitwatch top` shows.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "agent/cli/daemon_url.h"
#include "agent/cli/top_answer.h"
#include "agent/cli/top_query.h"
#include "agent/net/http_client.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"

namespace hitwatch::cli {

// Figures, or a sentence for a person why there are none.
using TopResult = std::expected<TopAnswer, std::string>;

// On `executor`'s thread only.
class TopSource {
 public:
  TopSource(boost::asio::any_io_executor executor, DaemonUrl url);

  // Calls `done` once, later, and within five seconds. The source must live until then.
  void ask(const TopQuery& query, std::function<void(TopResult)> done);

 private:
  TopResult read(const std::expected<net::HttpResponse, net::Error>& response) const;

  boost::asio::any_io_executor executor_;
  DaemonUrl url_;
  net::Resolver resolver_;
  net::TlsContexts tls_contexts_;
};

// Asks once and waits.
TopResult ask_once(const DaemonUrl& url, const TopQuery& query);

}  // namespace hitwatch::cli
