// What a sentinel tells at a time, and what it has told in all.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "collectors/topology/sentinel_replies.h"

namespace hitwatch::topology {

struct SentinelLook {
  bool whole = false;                // at all masters that are wanted
  std::vector<std::string> masters;  // that were asked about; those it does not know are not told
  ToldMasters told;
  std::size_t left_out = 0;  // masters and replicas that it names beyond the bounds
};

std::set<std::string> names_of(const ToldMasters& told);

// Takes over what a look says, unless it comes to more than kMostToldServers with what was told
// before; answers the names of masters of which it says something new.
std::set<std::string> take_over(const SentinelLook& look, ToldMasters& told);

}  // namespace hitwatch::topology
