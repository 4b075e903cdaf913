// A daemon with a configuration of the test's, and what is asked of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {

class DaemonTest : public testing::Test {
 protected:
  void start(const std::string& config) {
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
        "run", "--config",
        dir_.write("hitwatch.yaml", config + "\npoll: {interval: 1s, timeout: 1s}\n")});
  }
  // Without a configuration: one unnamed target.
  void watch(const RedisServer& server) {
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{"run", server.url()});
    ASSERT_TRUE(daemon_->shows("redis_up 1")) << daemon_->process().output();
  }
  // For exact figures: our own reading of keys is taken off the server's counters before they show
  // it, and so for a moment they are less.
  void watch_without_sampling(const RedisServer& server) {
    start("targets: [{url: '" + server.url() + "'}]\nkeys: {sample: {enabled: false}}\n");
    ASSERT_TRUE(eventually([this] { return daemon_->get("/health/cache").status == 200; }))
        << daemon_->process().output();
  }
  nlohmann::json get_json(const std::string& path) const {
    return nlohmann::json::parse(daemon_->get(path).body);
  }
  HttpResponse scrape(const std::string& target) const {
    return daemon_->get("/scrape?target=" + target);
  }

  TempDir dir_;
  std::unique_ptr<Hitwatch> daemon_;
};

}  // namespace hitwatch::test
