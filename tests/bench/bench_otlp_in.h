// The part of bench_trace that is about OTLP metrics coming in.
#pragma once

#include <string_view>

namespace hitwatch::bench {

// What a point costs, of each kind whose name contains `name`: prints a table.
void bench_otlp_in(std::string_view name);

}  // namespace hitwatch::bench
