// Takes spans as a collector does, and shows them to a test.
#pragma once

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "tests/system/gzip.h"
#include "tests/system/harness.h"

namespace hitwatch::test {

struct ReceivedSpan {
  using Texts = std::map<std::string, std::string>;
  std::string name;
  std::string trace;  // ids in hexadecimal
  std::string id;
  std::string parent;
  std::int64_t start = 0;  // nanoseconds since 1970
  std::int64_t end = 0;
  int kind = 0;
  int status = 0;
  std::string status_message;
  Texts attributes;
  std::vector<std::pair<std::string, Texts>> events;  // by name
  std::vector<std::string> links;                     // `trace/span`
  Texts resource;

  std::string at(const std::string& key) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? "(none)" : found->second;
  }
  std::string place() const { return trace + '/' + id; }
  bool leads_to(const ReceivedSpan& other) const {
    return std::ranges::find(links, other.place()) != links.end();
  }
};

class SpanReceiver {
 public:
  explicit SpanReceiver(int port = 0) {
    server_.Post("/v1/traces", [this](const httplib::Request& request, httplib::Response& answer) {
      take(request);
      answer.set_content("", "application/x-protobuf");
    });
    server_.new_task_queue = [] { return new httplib::ThreadPool(4); };
    port_ = port;
    if (port == 0) {
      port_ = server_.bind_to_any_port("127.0.0.1");
    } else {
      server_.bind_to_port("127.0.0.1", port);
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    eventually([this] { return server_.is_running(); });
  }
  ~SpanReceiver() {
    server_.stop();
    thread_.join();
  }
  SpanReceiver(const SpanReceiver&) = delete;
  SpanReceiver& operator=(const SpanReceiver&) = delete;

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::vector<ReceivedSpan> spans() const {
    const std::scoped_lock lock(mutex_);
    return spans_;
  }
  std::vector<ReceivedSpan> named(const std::string& name) const {
    std::vector<ReceivedSpan> found;
    for (ReceivedSpan& span : spans()) {
      if (span.name == name) found.push_back(std::move(span));
    }
    return found;
  }
  // The first of that name, once it has come; an empty one if it does not.
  ReceivedSpan wait_for(const std::string& name) const {
    eventually([&] { return !named(name).empty(); });
    const auto found = named(name);
    return found.empty() ? ReceivedSpan() : found.front();
  }
  // Of the events of all spans, in the order of their coming.
  std::vector<std::string> events() const {
    std::vector<std::string> names;
    for (const ReceivedSpan& span : spans()) {
      for (const auto& [name, attributes] : span.events) names.push_back(name);
    }
    return names;
  }

 private:
  template <typename List>
  static ReceivedSpan::Texts texts(const List& list) {
    ReceivedSpan::Texts out;
    for (const auto& one : list) {
      const auto& value = one.value();
      std::string& text = out[one.key()];
      if (value.has_string_value()) text = value.string_value();
      if (value.has_int_value()) text = std::to_string(value.int_value());
      if (value.has_double_value()) text = std::to_string(value.double_value());
      if (value.has_bool_value()) text = value.bool_value() ? "true" : "false";
    }
    return out;
  }
  static std::string hex(const std::string& bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
    return out;
  }

  void take(const httplib::Request& request) {
    const bool packed = request.get_header_value("Content-Encoding") == "gzip";
    const bool is_gzip = packed && request.body.starts_with("\x1f\x8b");  // or unpacked already
    opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest message;
    message.ParseFromString(is_gzip ? gunzip(request.body) : request.body);
    const std::scoped_lock lock(mutex_);
    for (const auto& resource : message.resource_spans()) {
      for (const auto& scope : resource.scope_spans()) {
        for (const auto& span : scope.spans()) {
          spans_.push_back({.name = span.name(),
                            .trace = hex(span.trace_id()),
                            .id = hex(span.span_id()),
                            .parent = hex(span.parent_span_id()),
                            .start = static_cast<std::int64_t>(span.start_time_unix_nano()),
                            .end = static_cast<std::int64_t>(span.end_time_unix_nano()),
                            .kind = span.kind(),
                            .status = span.status().code(),
                            .status_message = span.status().message(),
                            .attributes = texts(span.attributes()),
                            .events = {},
                            .links = {},
                            .resource = texts(resource.resource().attributes())});
          for (const auto& event : span.events()) {
            spans_.back().events.emplace_back(event.name(), texts(event.attributes()));
          }
          for (const auto& link : span.links()) {
            spans_.back().links.push_back(hex(link.trace_id()) + '/' + hex(link.span_id()));
          }
        }
      }
    }
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::vector<ReceivedSpan> spans_;
};

}  // namespace hitwatch::test
