// Compares what a query yields with what a script expects of it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "rules/promql/engine.h"
#include "rules/scripts/script.h"

namespace hitwatch::scripts {

// What differs, in words; nothing if nothing does.
using Difference = std::optional<std::string>;

// Values may differ by a millionth. Series must be the same ones, and those of a range query must
// come in the order of their labels. `time` is that of the evaluation, if it is an instant query.
Difference compare_result(const Eval& eval, const promql::Result& result, std::int64_t time);

// The points at `time` of the same query as a range query, against what is expected at one time.
Difference compare_middle(const Eval& eval, const promql::Result& range, std::int64_t time);

// Warnings and infos.
Difference compare_notes(const Eval& eval, const promql::Result& result);

// The text of an error, if the query is to fail.
Difference compare_error(const ExpectedText& expected, const std::string& error);

}  // namespace hitwatch::scripts
