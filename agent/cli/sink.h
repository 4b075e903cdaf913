// What `hitwatch sink` does with the requests that come: counts them, shows them, answers them as
// it was told.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "agent/cli/sink_message.h"
#include "agent/web/server.h"

namespace hitwatch::cli {

struct SinkPlan {
  std::size_t failures = 0;  // the first so many messages are answered with `status`
  bool always_fail = false;  // all are
  int status = 500;
  std::optional<std::uint64_t> retry_after;  // seconds, in answers that are failures
  std::chrono::milliseconds delay{0};        // before each answer
  std::optional<std::size_t> count;          // after so many answers the sink is done
  std::string key;                           // of signatures; "" for none
};

class Sink {
 public:
  static constexpr std::size_t kMostIds = 10'000;           // that are remembered
  static constexpr std::size_t kMostSpanBytes = 64U << 20;  // of a body of spans, unpacked

  struct Calls {
    // False ends the sink: what it shows can be written no more.
    std::function<bool(const SinkMessage&)> show;
    std::function<void()> done;
  };

  // Both calls come on the thread of `context`, which outlives the handler.
  Sink(boost::asio::io_context& context, SinkPlan plan, Calls calls);

  // For the server, on whose thread it does as good as nothing. A GET is answered with what this
  // is, and counts as no message.
  web::Handler handler();

 private:
  void receive(web::Request request, const web::Reply& reply);
  SinkMessage read(web::Request request);
  void check_signature(SinkMessage& message, const web::Request& request) const;
  std::size_t count_id(const std::string& id);
  web::Response response_to(const SinkMessage& message, bool fails) const;
  void answer(const web::Reply& reply, web::Response response);

  boost::asio::io_context& context_;
  const SinkPlan plan_;
  const Calls calls_;
  std::size_t received_ = 0;
  std::size_t answered_ = 0;
  bool ended_ = false;
  std::unordered_map<std::string, std::size_t> seen_;  // by id
  std::deque<std::string> ids_;                        // of seen_, the oldest first
};

}  // namespace hitwatch::cli
