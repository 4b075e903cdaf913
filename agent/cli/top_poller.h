// Keeps asking the daemon in the background, so that no key has to wait for an answer.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "agent/cli/top_source.h"

namespace hitwatch::cli {

// An answer and when it came.
struct Polled {
  TopResult result;
  std::chrono::steady_clock::time_point at;
};

class TopPoller {
 public:
  // Asks at once, and again whenever `interval` has passed since an answer. Signals that the caller
  // has blocked are blocked in the poller's thread too.
  TopPoller(DaemonUrl url, std::chrono::milliseconds interval, TopQuery query);
  ~TopPoller();
  TopPoller(const TopPoller&) = delete;
  TopPoller& operator=(const TopPoller&) = delete;

  // Asks for something else from now on, at once or as soon as the question under way is answered;
  // that answer is dropped.
  void ask(const TopQuery& query);

  // Readable (poll(2)) when there is something to take.
  int descriptor() const { return event_; }
  std::optional<Polled> take();

 private:
  void ask_now();
  void receive(const TopQuery& asked, TopResult result);
  void ask_after(std::chrono::milliseconds wait);

  const std::chrono::milliseconds interval_;
  int event_;

  std::mutex mutex_;  // guards the next
  std::optional<Polled> latest_;

  // Of the thread.
  boost::asio::io_context context_;
  boost::asio::steady_timer timer_;
  TopSource source_;
  TopQuery query_;
  bool under_way_ = false;

  std::thread thread_;
};

}  // namespace hitwatch::cli
