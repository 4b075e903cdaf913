// The keys that a selector names: by themselves or by a glob.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "collectors/keyspace/check_step.h"
#include "collectors/keyspace/key_scan.h"

namespace hitwatch::keyspace {

class FoundKeys {
 public:
  // `known` holds the keys that other selectors have named; those are left out here and the new
  // ones added. Both references must outlive this.
  FoundKeys(CheckRound& round, const KeySelector& selector, bool by_name,
            std::unordered_set<std::string>& known);

  using Done = std::function<void(std::expected<std::vector<std::string>, net::Error>)>;
  // Gives the keys, at most kMostKeysOfSelector: once, perhaps from within find().
  void find(Done done);

 private:
  void on_page(std::expected<KeyScan::Page, net::Error> page);
  void give();

  CheckRound& round_;
  const KeySelector& selector_;
  const bool by_name_;
  std::unordered_set<std::string>& known_;
  KeyScan scan_;
  std::vector<std::string> names_;
  Done done_;
};

}  // namespace hitwatch::keyspace
