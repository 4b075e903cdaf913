// Writes what a scrape gets: Prometheus text format 0.0.4 and OpenMetrics 1.0.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/ and
// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/snapshot.h"

namespace hitwatch::metrics {

// "text/plain; version=0.0.4; charset=utf-8" or its OpenMetrics counterpart.
std::string_view content_type(Format format);

// The format an Accept header asks for: OpenMetrics if it is named with a quality at least that of
// text/plain and not 0, else text (RFC 9110 section 12.5.1).
Format negotiate(std::string_view accept);

// One target's part of an exposition.
struct TargetSamples {
  const Snapshot* snapshot;          // not null
  std::string_view label_text;       // labels of the target, rendered; "" for none
  std::string_view role_text;        // `instance_role="master"`, or "" where it is not wanted
  std::string_view place_text = {};  // `role="master"`, or "" where it is not known
};

// Appends every family once, with the samples of all targets, in the order of family ids.
// With `age_family`, their ages follow (write_ages).
// In OpenMetrics a counter whose name lacks `_total` is written as `unknown`, under its own name;
// a summary whose quantiles are percentiles is written as `unknown` families, since OpenMetrics
// knows only 0 to 1.
void write_targets(std::string& out, Format format, std::span<const TargetSamples> targets,
                   const Family* age_family, std::chrono::steady_clock::time_point now);

// Appends one sample for each target that has data: the age of that data in seconds.
void write_ages(std::string& out, Format format, std::span<const TargetSamples> targets,
                const Family& family, std::chrono::steady_clock::time_point now);

// Appends families of prometheus-cpp.
void write_families(std::string& out, Format format,
                    const std::vector<prometheus::MetricFamily>& families);

// OpenMetrics ends with `# EOF`; text format with nothing.
void write_end(std::string& out, Format format);

// The shortest text that reads back as the same double; NaN, +Inf and -Inf as Prometheus spells
// them.
void append_value(std::string& out, double value);

}  // namespace hitwatch::metrics
