// A request in a test, and its answer.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/net/http_client.h"
#include "tests/net/scripted_peer.h"

namespace hitwatch::net {

using Answer = std::expected<HttpResponse, Error>;

inline Answer fetch(HttpRequest request,
                    std::chrono::milliseconds within = std::chrono::seconds(20)) {
  boost::asio::io_context loop;
  Resolver resolver(loop.get_executor());
  TlsContexts tls_contexts;
  std::optional<Answer> answer;
  http_request(loop.get_executor(), resolver, tls_contexts, std::move(request),
               std::chrono::steady_clock::now() + within, [&](Answer given) {
                 EXPECT_FALSE(answer) << "called twice";
                 answer = std::move(given);
               });
  EXPECT_FALSE(answer) << "called before http_request returned";
  // A name lookup under way is no work of the loop.
  const auto guard = boost::asio::make_work_guard(loop);
  while (!answer) loop.run_one();
  loop.poll();
  return *std::move(answer);
}

inline HttpRequest request_to(const ScriptedPeer& peer, const std::string& target = "/",
                              const std::string& host = "127.0.0.1") {
  return {.url = {.host = host, .port = peer.port(), .target = target}};
}

inline std::string ok(std::string_view body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields +
         "\r\n" + std::string(body);
}

}  // namespace hitwatch::net
