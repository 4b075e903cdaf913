// What people are told of a round of checks that could not do everything.
#pragma once

#include <string>
#include <vector>

#include "collectors/keyspace/check_step.h"

namespace hitwatch::keyspace {

// Sentences without names of keys.
std::vector<std::string> notes_of(const CheckRound& round, const CommandRefusals& refusals);

// Whether nothing is missing that should be there. What is another node's should not.
bool is_complete(const CheckRound& round, const CommandRefusals& refusals);

}  // namespace hitwatch::keyspace
