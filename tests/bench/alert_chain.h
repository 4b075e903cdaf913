// Who watches a Redis and tells a webhook of what its rules find: the daemon alone, or Debian's
// redis_exporter, Prometheus and Alertmanager in a row.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/bench/webhook_sink.h"
#include "tests/system/harness.h"
#include "tests/system/prometheus.h"

namespace hitwatch::bench {

// How it is set up, in the words of its configuration: "15s".
struct Pace {
  std::string poll;        // of the daemon; of Prometheus, its scrapes
  std::string evaluation;  // of rules
  std::string group_wait;
};

class AlertChain {
 public:
  virtual ~AlertChain() = default;
  // Whether `redis_up` of the target is 1 for it. Throws std::runtime_error if something has ended.
  virtual bool sees_server() = 0;
  // What the programs have said.
  virtual std::string output() const = 0;

  WebhookSink& sink() { return sink_; }

 private:
  WebhookSink sink_;
};

// Both watch the server at `url`. `rules` is the text of a rule file.
class HitwatchAlone : public AlertChain {
 public:
  HitwatchAlone(const std::string& url, const std::string& rules, const Pace& pace);
  bool sees_server() override;
  std::string output() const override;

 private:
  test::TempDir dir_;
  std::unique_ptr<test::Hitwatch> daemon_;
};

class PrometheusChain : public AlertChain {
 public:
  PrometheusChain(const std::string& url, const std::string& rules, const Pace& pace);
  bool sees_server() override;
  std::string output() const override;

 private:
  test::TempDir dir_;
  int exporter_port_ = test::free_port();
  std::unique_ptr<test::Process> exporter_;
  int alertmanager_port_ = test::free_port();
  std::unique_ptr<test::Process> alertmanager_;
  std::unique_ptr<test::Prometheus> prometheus_;
};

}  // namespace hitwatch::bench
