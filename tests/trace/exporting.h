// An exporter in a test, with a queue and somebody who records spans.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "agent/trace/exporter.h"
#include "agent/trace/tracer.h"
#include "tests/trace/spans.h"
#include "tests/trace/trace_receiver.h"

namespace hitwatch::trace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ExporterTest : public testing::Test {
 protected:
  // Small steps, so that tests are quick.
  static constexpr Exporter::Pace kPace{
      .first_retry = milliseconds(10), .longest_retry = milliseconds(50), .flush = seconds(3)};

  static Settings settings_for(const std::string& url) {
    Settings settings;
    settings.endpoint = url;
    settings.gzip = false;
    settings.delay = milliseconds(20);
    settings.sampler.kind = SamplerKind::kAlwaysOn;
    return settings;
  }
  static Settings settings_for(const TraceReceiver& receiver) {
    return settings_for(receiver.url());
  }

  ExporterTest() { testing::internal::CaptureStderr(); }
  ~ExporterTest() override {
    exporter_.reset();
    if (!log_taken_) testing::internal::GetCapturedStderr();
  }

  void start(const Settings& settings, Exporter::Pace pace = kPace) {
    exporter_ = std::make_unique<Exporter>(queue_, log_, pace);
    configure(settings);
    exporter_->start();
  }
  void configure(const Settings& settings) {
    tracer_.configure(settings);
    exporter_->configure(settings);
  }

  // Records spans with these names, in one go.
  void record(const std::vector<std::string>& names) {
    std::vector<Span> spans;
    for (const std::string& name : names) {
      Span span = slow_command();
      span.name = name;
      span.settled = [this, name] {
        const std::scoped_lock lock(mutex_);
        ++settled_[name];
      };
      spans.push_back(std::move(span));
    }
    tracer_.record(std::move(spans));
  }

  // The value of a series, by its name and the value of its label.
  double metric(const std::string& name, const std::string& label = "") const {
    for (const auto& family : exporter_->metrics()) {
      if (family.name != name) continue;
      for (const auto& one : family.metric) {
        if (!label.empty() && one.label.at(0).value != label) continue;
        return family.type == prometheus::MetricType::Gauge ? one.gauge.value : one.counter.value;
      }
    }
    ADD_FAILURE() << "there is no " << name << " " << label;
    return -1;
  }
  double exported() const { return metric("hitwatch_spans_exported_total"); }
  double dropped(const std::string& reason) const {
    return metric("hitwatch_spans_dropped_total", reason);
  }
  double requests(const std::string& outcome) const {
    return metric("hitwatch_trace_requests_total", outcome);
  }
  double queued() const { return metric("hitwatch_spans_queued"); }

  template <typename Condition>
  static bool eventually(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }

  // How often each span has been settled so far.
  std::map<std::string, int> settled() {
    const std::scoped_lock lock(mutex_);
    return settled_;
  }
  // Ends the exporter, and takes what it has said.
  std::string log_at_the_end() {
    exporter_->stop();
    log_taken_ = true;
    return testing::internal::GetCapturedStderr();
  }

  log::Log log_{log::Level::kInfo, log::Format::kLogfmt};
  SpanQueue queue_;
  Tracer tracer_{queue_};
  std::unique_ptr<Exporter> exporter_;
  std::mutex mutex_;
  std::map<std::string, int> settled_;
  bool log_taken_ = false;
};

inline int log_lines(const std::string& log, const std::string& words) {
  int count = 0;
  for (auto at = log.find(words); at != log.npos; at = log.find(words, at + 1)) ++count;
  return count;
}

}  // namespace hitwatch::trace
