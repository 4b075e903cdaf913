// GET /api/v1/replication: who replicates from whom, how far behind.
#pragma once

#include "agent/replication.h"
#include "agent/web/server.h"

namespace hitwatch {

// Parameters: `target` (only the tree that has it), `group`, and `limit` of trees, with which those
// with problems come first. `total` counts the trees that match, `problems` what is wrong in all of
// them; `standalone` are the servers in none. The servers of a tree are a list in which each is
// followed by those below it, one `depth` deeper. What is not known is null.
web::Response answer_replication(const web::Request& request, const ReplicationForest& forest);

}  // namespace hitwatch
