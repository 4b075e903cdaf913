#include "tests/system/notifier.h"

#include <httplib.h>

#include <csignal>
#include <stdexcept>

namespace hitwatch::test {
namespace {

// The same words in Alertmanager's file and, indented, in the daemon's.
std::string routing(const std::string& webhook, const std::string& indent) {
  return indent +
         "route: {receiver: sink, group_by: [group], group_wait: 0s, group_interval: 1s}\n" +
         indent + "receivers: [{name: sink, webhook_configs: [{url: '" + webhook + "'}]}]\n";
}

}  // namespace

std::unique_ptr<Notifier> Notifier::hitwatch(const std::string& webhook) {
  std::unique_ptr<Notifier> notifier(new Notifier("hitwatch"));
  const std::string config =
      notifier->dir_.write("hitwatch.yaml",
                           "targets: []\napps: {statsd: {listen: []}}\nrules: {bundled: false}\n"
                           "storage: {path: '" +
                               notifier->dir_.path() + "'}\nnotify:\n" + routing(webhook, "  "));
  notifier->command_ = {hitwatch_binary(), "run", "--config", config,
                        "--web.listen-address=127.0.0.1:" + std::to_string(notifier->port_)};
  notifier->start();
  return notifier;
}

std::unique_ptr<Notifier> Notifier::alertmanager(const std::string& webhook) {
  std::unique_ptr<Notifier> notifier(new Notifier("Alertmanager"));
  notifier->command_ = {
      "prometheus-alertmanager",
      "--config.file=" + notifier->dir_.write("alertmanager.yml", routing(webhook, "")),
      "--storage.path=" + notifier->dir_.path("data"), "--cluster.listen-address=",
      "--web.listen-address=127.0.0.1:" + std::to_string(notifier->port_)};
  notifier->start();
  return notifier;
}

void Notifier::kill_and_start() {
  process_->signal(SIGKILL);
  process_->wait();
  start();
}

bool Notifier::post(const std::string& alerts) const {
  httplib::Client client("127.0.0.1", port_);
  client.set_read_timeout(20);
  const auto answer = client.Post("/api/v2/alerts", alerts, "application/json");
  return answer && answer->status == 200;
}

std::string Notifier::get(const std::string& path) const {
  httplib::Client client("127.0.0.1", port_);
  client.set_read_timeout(20);
  const auto answer = client.Get(path);
  return answer ? answer->body : "";
}

void Notifier::start() {
  process_.reset();
  process_ = std::make_unique<Process>(command_);
  const bool ready = eventually([this] {
    httplib::Client client("127.0.0.1", port_);
    const auto answer = client.Get("/-/ready");
    return (answer && answer->status == 200) || !process_->running();
  });
  if (!ready || !process_->running()) {
    throw std::runtime_error(name_ + " did not start: " + process_->output());
  }
}

}  // namespace hitwatch::test
