// Programs that take alerts at /api/v2/alerts and tell a webhook: the daemon, and Debian's
// Alertmanager, configured alike.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {

class Notifier {
 public:
  // Groups alerts by their label `group`, tells at once of a new group and after a second of what
  // changes in it.
  static std::unique_ptr<Notifier> hitwatch(const std::string& webhook);
  static std::unique_ptr<Notifier> alertmanager(const std::string& webhook);

  const std::string& name() const { return name_; }
  int port() const { return port_; }
  Process& process() { return *process_; }
  // SIGKILL, and a new start on the same data and port. Returns when it is ready.
  void kill_and_start();
  // Whether the alerts (JSON) were taken; false if it is being restarted.
  bool post(const std::string& alerts) const;
  // The body of the answer, "" without one.
  std::string get(const std::string& path) const;

 private:
  explicit Notifier(std::string name) : name_(std::move(name)) {}
  void start();

  std::string name_;
  TempDir dir_;
  int port_ = free_port();
  std::vector<std::string> command_;
  std::unique_ptr<Process> process_;
};

}  // namespace hitwatch::test
