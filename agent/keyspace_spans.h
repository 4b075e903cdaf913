// A round of looks at a server's keys as a span: `sample keys` or `check keys`.
#pragma once

#include <string>
#include <string_view>

#include "agent/trace/tracer.h"
#include "collectors/keyspace/report.h"
#include "collectors/redis/target.h"

namespace hitwatch {

struct KeyspaceRound {
  std::string_view name;                     // of the span
  trace::Time start;                         // it ends now
  const redis::Target& target;               // whose keys they are
  std::string_view source = "";              // the server that was asked, where it is another one
  std::string fault = "";                    // why it failed, or was not whole; "" if it was
  bool failed = false;                       // nothing could be read
  const keyspace::Report* report = nullptr;  // of a sample
};

// Sends it if it is wanted: a share of those that went well, and all others.
void trace_round(trace::Tracer& tracer, const KeyspaceRound& round);

}  // namespace hitwatch
