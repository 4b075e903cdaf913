// The part of bench_trace that is about OTLP metrics coming in.
#pragma once

namespace hitwatch::bench {

// What a point costs, of each kind: prints a table.
void bench_otlp_in();

}  // namespace hitwatch::bench
