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
