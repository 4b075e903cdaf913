// Brings spans to a receiver over OTLP/HTTP: a thread that takes batches out of the queue, sends
// one at a time, and tries again what was not accepted.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
//
// A batch goes out when `batch_spans` wait, or `delay` after the first; if more wait, it is larger,
// up to `largest_batch`.
// After 429, 502, 503, 504 or no answer it is sent again, later and later, or when `Retry-After`
// says, until `give_up` has passed; after 413 in halves; other answers than 2xx refuse it. What
// waits meanwhile is bounded by the queue. Nobody but the thread waits for any of this.
#pragma once

#include <prometheus/metric_family.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/log/log.h"
#include "agent/net/backoff.h"
#include "agent/net/gzip.h"
#include "agent/net/http_client.h"
#include "agent/net/resolver.h"
#include "agent/net/secret_texts.h"
#include "agent/net/tls.h"
#include "agent/trace/export_log.h"
#include "agent/trace/figures.h"
#include "agent/trace/otlp_answer.h"
#include "agent/trace/otlp_encode.h"
#include "agent/trace/resource.h"
#include "agent/trace/settings.h"
#include "agent/trace/span_queue.h"

namespace hitwatch::trace {

class Exporter {
 public:
  struct Pace {
    std::chrono::milliseconds first_retry{1'000};
    std::chrono::milliseconds longest_retry{30'000};
    std::chrono::milliseconds flush{3'000};  // what `stop` takes at most
  };

  // `queue` and `log` must outlive this.
  Exporter(SpanQueue& queue, log::Log& log, Pace pace);
  Exporter(SpanQueue& queue, log::Log& log) : Exporter(queue, log, Pace{}) {}
  // Stops. Nobody may push spans any more.
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  // Any thread: from now on these. What waits goes to the new endpoint; if there is none, it is
  // dropped.
  void configure(Settings settings);
  // Starts the thread.
  void start();
  // Sends what waits, each batch once and all for as long as `Pace::flush`, and ends the thread.
  void stop();

  // Any thread: hitwatch_spans_* and hitwatch_trace_requests_total.
  std::vector<prometheus::MetricFamily> metrics() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Batch {
    std::vector<Span> spans;
    std::optional<Clock::time_point> first_attempt = std::nullopt;
  };

  void apply(Settings settings);
  void begin_stop();
  void finish();
  void pump();
  bool take_batch(Clock::time_point now);
  void wake_at(Clock::time_point moment);
  void note_full_queue(Clock::time_point now);

  void send(Clock::time_point now);
  std::expected<net::HttpRequest, std::string> make_request();
  void on_answer(const std::expected<net::HttpResponse, net::Error>& answer);
  void accept(const OtlpVerdict& verdict, Clock::time_point now);
  void split_batch();
  void refuse(const OtlpVerdict& verdict, Clock::time_point now);
  void try_again(const OtlpVerdict& verdict, Clock::time_point now);
  void settle_batch();
  void drop_all();

  void count(RequestEnd end);
  void count_drop(Drop drop, std::uint64_t spans);
  void show_pending();

  SpanQueue& queue_;
  const Pace pace_;
  const std::string instance_id_ = new_instance_id();
  std::unique_ptr<boost::asio::io_context> loop_;
  std::thread thread_;

  // Of the thread.
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer stop_timer_;
  net::Resolver resolver_;
  net::TlsContexts tls_contexts_;
  net::Backoff backoff_;
  net::Gzip gzip_;
  OtlpEncoder encoder_;
  ExportLog log_;
  Settings settings_;
  Resource resource_;
  std::string endpoint_;                     // scheme and host only
  net::SecretTexts secrets_;                 // of the request under way
  Batch batch_;                              // being sent, or waiting to be sent again
  std::vector<Batch> halves_;                // of what was too large, the last comes first
  std::size_t most_spans_ = 0;               // of a batch, by what was too large
  std::optional<Clock::time_point> oldest_;  // when the first of those in the queue was noticed
  Clock::time_point next_attempt_;
  bool in_flight_ = false;
  std::uint64_t attempt_ = 0;  // answers to others are not waited for any more
  std::optional<Clock::time_point> stop_at_;
  std::uint64_t queue_full_said_ = 0;

  mutable std::mutex figures_mutex_;
  Figures figures_;  // but for what the queue tells
};

}  // namespace hitwatch::trace
