#include "tests/bench/alert_chain.h"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

namespace hitwatch::bench {
namespace {

// A route and its receiver, as Alertmanager's file and the daemon's section `notify` say it alike.
std::string routing(const Pace& pace, const std::string& url, const std::string& indent) {
  return fmt::format(
      "{0}route: {{receiver: sink, group_wait: {1}}}\n"
      "{0}receivers:\n"
      "{0}- name: sink\n"
      "{0}  webhook_configs: [{{url: '{2}'}}]\n",
      indent, pace.group_wait, url);
}

}  // namespace

HitwatchAlone::HitwatchAlone(const std::string& url, const std::string& rules, const Pace& pace) {
  dir_.write("rules.yaml", rules);
  const std::string config =
      dir_.write("hitwatch.yaml", fmt::format("targets: [{{url: '{}', alias: cache}}]\n"
                                              "poll: {{interval: {}}}\n"
                                              "rules: {{bundled: false, files: [rules.yaml], "
                                              "evaluation_interval: {}}}\n"
                                              "storage: {{path: '{}'}}\n"
                                              "apps: {{statsd: {{listen: []}}}}\n"
                                              "notify:\n{}",
                                              url, pace.poll, pace.evaluation, dir_.path(),
                                              routing(pace, sink().url(), "  ")));
  daemon_ = std::make_unique<test::Hitwatch>(std::vector<std::string>{"run", "--config", config});
}

bool HitwatchAlone::sees_server() {
  if (!daemon_->process().running()) throw std::runtime_error(output());
  return daemon_->metrics().contains("redis_up{instance=\"cache\"} 1");
}

std::string HitwatchAlone::output() const { return daemon_->process().output(); }

PrometheusChain::PrometheusChain(const std::string& url, const std::string& rules,
                                 const Pace& pace) {
  const auto listen = [](int port) {
    return "--web.listen-address=127.0.0.1:" + std::to_string(port);
  };
  exporter_ = std::make_unique<test::Process>(std::vector<std::string>{
      "prometheus-redis-exporter", "--redis.addr=" + url, listen(exporter_port_)});
  alertmanager_ = std::make_unique<test::Process>(std::vector<std::string>{
      "prometheus-alertmanager",
      "--config.file=" + dir_.write("alertmanager.yml", routing(pace, sink().url(), "")),
      "--storage.path=" + dir_.path("alertmanager"),
      "--cluster.listen-address=", listen(alertmanager_port_)});
  prometheus_ = std::make_unique<test::Prometheus>(fmt::format(
      "global: {{scrape_interval: {0}, scrape_timeout: {0}, evaluation_interval: {1}}}\n"
      "rule_files: ['{2}']\n"
      "alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{3}']}}]}}]}}\n"
      "scrape_configs:\n"
      "- job_name: redis\n"
      "  static_configs: [{{targets: ['127.0.0.1:{4}'], labels: {{instance: cache}}}}]\n",
      pace.poll, pace.evaluation, dir_.write("rules.yaml", rules), alertmanager_port_,
      exporter_port_));
}

bool PrometheusChain::sees_server() {
  if (!exporter_->running() || !alertmanager_->running()) throw std::runtime_error(output());
  return prometheus_->value("redis_up") == 1;
}

std::string PrometheusChain::output() const {
  return exporter_->output() + alertmanager_->output() + prometheus_->process().output();
}

}  // namespace hitwatch::bench
