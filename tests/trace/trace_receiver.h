// A receiver of traces that answers each request as a script says, and remembers what came.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "tests/net/scripted_peer.h"

namespace hitwatch::trace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;

struct ReceivedTraces {
  std::string head;
  std::string body;
  std::chrono::steady_clock::time_point arrived;

  bool has(std::string_view line) const {
    return head.contains("\r\n" + std::string(line) + "\r\n");
  }
  // Of a body that is not compressed.
  std::vector<std::string> names() const {
    ExportTraceServiceRequest request;
    EXPECT_TRUE(request.ParseFromString(body));
    std::vector<std::string> names;
    for (const auto& span : request.resource_spans(0).scope_spans(0).spans()) {
      names.push_back(span.name());
    }
    return names;
  }
};

// Says what is to be said to a request that has been read whole.
using Reaction = std::function<void(net::PeerConnection&)>;

inline Reaction says(int status, std::string body = "", const std::string& fields = "") {
  return [text = "HTTP/1.1 " + std::to_string(status) +
                 " Status\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields +
                 "\r\n" + body](auto& client) { client.write(text); };
}
inline Reaction hangs() {
  return [](net::PeerConnection& client) { client.wait_for_end(); };
}
inline Reaction resets() {
  return [](net::PeerConnection& client) { client.reset(); };
}

class TraceReceiver {
 public:
  // One reaction for each request; the last one for all that follow.
  explicit TraceReceiver(std::vector<Reaction> reactions, std::shared_ptr<SSL_CTX> tls = nullptr,
                         std::uint16_t port = 0)
      : reactions_(std::move(reactions)),
        peer_([this](net::PeerConnection& client) { serve(client); }, std::move(tls), port) {}

  std::uint16_t port() const { return peer_.port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/v1/traces"; }
  int connections() const { return peer_.connections(); }

  // The requests, once there are so many.
  std::vector<ReceivedTraces> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        came_.wait_for(lock, std::chrono::seconds(30), [&] { return requests_.size() >= count; }))
        << requests_.size() << " requests";
    return requests_;
  }
  std::size_t count() {
    const std::scoped_lock lock(mutex_);
    return requests_.size();
  }

 private:
  void serve(net::PeerConnection& client) {
    ReceivedTraces request;
    request.head = client.read_until("\r\n\r\n");
    if (!request.head.ends_with("\r\n\r\n")) return;  // whoever only looks whether we are there
    constexpr std::string_view kLength = "Content-Length: ";
    std::size_t length = 0;
    if (const auto at = request.head.find(kLength); at != std::string::npos) {
      const char* text = request.head.data() + at + kLength.size();
      std::from_chars(text, request.head.data() + request.head.size(), length);
    }
    request.body = client.read(length);
    request.arrived = std::chrono::steady_clock::now();
    Reaction reaction;
    {
      const std::scoped_lock lock(mutex_);
      reaction = reactions_[std::min(requests_.size(), reactions_.size() - 1)];
      requests_.push_back(std::move(request));
    }
    came_.notify_all();
    reaction(client);
  }

  std::vector<Reaction> reactions_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<ReceivedTraces> requests_;
  net::ScriptedPeer peer_;
};

}  // namespace hitwatch::trace
