// A receiver of Alertmanager's webhooks on a free port of the loopback that notes when it was told
// of the first firing alert.
#pragma once

#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace hitwatch::bench {

class WebhookSink {
 public:
  WebhookSink();
  ~WebhookSink();
  WebhookSink(const WebhookSink&) = delete;
  WebhookSink& operator=(const WebhookSink&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

  struct Notice {
    std::chrono::steady_clock::time_point arrived;  // all of the request
    std::chrono::system_clock::time_point began;    // when the rule found it: its startsAt
  };
  // Of the first firing alert that has come so far or comes within `limit`.
  std::optional<Notice> firing(std::chrono::milliseconds limit);

 private:
  void take(const std::string& body);

  std::mutex mutex_;
  std::condition_variable told_;
  std::optional<Notice> notice_;
  httplib::Server server_;
  int port_;
  std::thread thread_;
};

}  // namespace hitwatch::bench
