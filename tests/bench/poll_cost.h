// The part of bench_trace that is about polls: what recording them costs, and that where nobody
// traces it costs nothing.
#pragma once

namespace hitwatch::bench {

// Instructions (as callgrind counts them) and allocations of a poll: prints a table.
void bench_polls();

}  // namespace hitwatch::bench
