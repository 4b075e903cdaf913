#include "agent/rules/query_api.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "agent/json_response.h"
#include "agent/rules/query_json.h"
#include "rules/promql/needs.h"
#include "rules/promql/parser.h"

namespace hitwatch::rules {
namespace {

constexpr std::int64_t kMostPoints = 11'000;  // of a range query, as in Prometheus
constexpr std::int64_t kBeginning = std::numeric_limits<std::int64_t>::min() / 2;
constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max() / 2;

ApiError api_error(const promql::EvalError& error) {
  if (error.kind == promql::EvalError::Kind::kInterrupted) return {503, "timeout", error.text};
  return {422, "execution", error.text};
}

std::expected<std::vector<window::Matchers>, ApiError> read_selectors(
    const ApiParameters& parameters) {
  std::vector<window::Matchers> selectors;
  for (const std::string& text : parameters.all("match[]")) {
    auto matchers = promql::parse_selector(text);
    if (!matchers) {
      return std::unexpected(bad_parameter("match[]", promql::describe(matchers.error(), text)));
    }
    selectors.push_back(*std::move(matchers));
  }
  return selectors;
}

// `{"status":"success","data":["…"]}`
std::string list_answer(const std::vector<window::Symbol>& texts, std::size_t limit) {
  std::string out = "{\"status\":\"success\",\"data\":[";
  std::size_t count = 0;
  for (const window::Symbol text : texts) {
    if (limit > 0 && count == limit) break;
    if (count++ > 0) out += ',';
    append_json_string(out, *text);
  }
  out += ']';
  if (limit > 0 && texts.size() > limit) {
    out += ",\"warnings\":[\"results truncated due to limit\"]";
  }
  return out + "}\n";
}

std::string series_answer(const std::vector<const window::Series*>& series, std::size_t limit) {
  const std::size_t count = limit > 0 ? std::min(limit, series.size()) : series.size();
  std::string out = "{\"status\":\"success\",\"data\":[";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    append_json_labels(out, series[i]->labels());
  }
  out += ']';
  if (count < series.size()) out += ",\"warnings\":[\"results truncated due to limit\"]";
  return out + "}\n";
}

}  // namespace

// A query that was read and waits to be answered. Evaluated once, at `start`, or every `step`.
struct QueryApi::Query {
  std::string text;
  promql::ExprPtr expr;
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int64_t step = 0;  // 0: an instant query
  std::int64_t lookback = 300'000;
  std::size_t limit = 0;
  std::chrono::steady_clock::time_point deadline;

  // Which series it reads, and of what time.
  struct Reads {
    std::vector<window::Matchers> selectors;
    std::int64_t after = kEnd;
    std::int64_t until = 0;
  };
  Reads reads(std::int64_t subquery_step) const {
    Reads reads;
    reads.until = end;
    for (promql::Need& need : promql::needs(*expr, lookback, subquery_step)) {
      reads.selectors.push_back(std::move(need.matchers));
      reads.after = std::min(reads.after, need.fixed ? kBeginning : start - need.history);
      // With @ or a negative offset it may be later than the query itself.
      reads.until = kEnd;
    }
    return reads;
  }
};

QueryApi::QueryApi(Parts parts) : parts_(std::move(parts)) {}

QueryApi::~QueryApi() {
  stopping_ = true;
  pool_.join();
}

// Start, end and step of a range query.
std::expected<void, ApiError> QueryApi::read_range(const ApiParameters& parameters, Query& query) {
  const auto start = parameters.time("start", std::nullopt);
  if (!start) return std::unexpected(start.error());
  const auto end = parameters.time("end", std::nullopt);
  if (!end) return std::unexpected(end.error());
  if (*end < *start) {
    return std::unexpected(bad_parameter("end", "end timestamp must not be before start time"));
  }
  const auto step = parameters.duration("step", std::nullopt);
  if (!step) return std::unexpected(step.error());
  if (*step <= 0) {
    return std::unexpected(bad_parameter(
        "step",
        "zero or negative query resolution step widths are not accepted. Try a positive integer"));
  }
  if ((*end - *start) / *step > kMostPoints) {
    return std::unexpected(ApiError{
        400, "bad_data",
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
        "resolution (?step=XX)"});
  }
  query.start = *start;
  query.end = *end;
  query.step = *step;
  return {};
}

// The expression; that of a range query must have a value at each of its times.
std::expected<void, ApiError> QueryApi::read_expression(const ApiParameters& parameters,
                                                        Query& query) {
  const std::string* text = parameters.find("query");
  query.text = text == nullptr ? "" : *text;
  auto expr = promql::parse(query.text);
  if (!expr) {
    return std::unexpected(
        bad_parameter("query", "parse error: " + promql::describe(expr.error(), query.text)));
  }
  query.expr = *std::move(expr);
  const promql::ValueType type = query.expr->type;
  if (query.step > 0 && type != promql::ValueType::kScalar && type != promql::ValueType::kVector) {
    return std::unexpected(bad_parameter(
        "query", fmt::format("invalid expression type \"{}\" for range query, must be Scalar or "
                             "instant Vector",
                             promql::type_text(type))));
  }
  return {};
}

std::expected<std::shared_ptr<QueryApi::Query>, ApiError> QueryApi::read(
    const web::Request& request) {
  const auto parameters = ApiParameters::read(request);
  if (!parameters) return std::unexpected(parameters.error());
  auto query = std::make_shared<Query>();
  if (request.path.ends_with("query_range")) {
    if (const auto range = read_range(*parameters, *query); !range) {
      return std::unexpected(range.error());
    }
  } else {
    const auto time = parameters->time("time", parts_.now());
    if (!time) return std::unexpected(time.error());
    query->start = query->end = *time;
  }
  const auto timeout = parameters->duration("timeout", kLongest);
  if (!timeout) return std::unexpected(timeout.error());
  query->deadline = std::chrono::steady_clock::now() +
                    std::chrono::milliseconds(std::clamp<std::int64_t>(*timeout, 1, kLongest));
  const auto lookback = parameters->duration("lookback_delta", query->lookback);
  if (!lookback) return std::unexpected(lookback.error());
  query->lookback = std::max<std::int64_t>(*lookback, 1);
  const auto limit = parameters->limit("limit");
  if (!limit) return std::unexpected(limit.error());
  query->limit = *limit;
  if (const auto expression = read_expression(*parameters, *query); !expression) {
    return std::unexpected(expression.error());
  }
  return query;
}

void QueryApi::run(std::shared_ptr<Query> query, web::Reply reply) {
  parts_.with_window([this, query = std::move(query),
                      reply = std::move(reply)](const window::Window& window) {
    const Query::Reads reads = query->reads(evaluation_interval_.load());
    // Not const: what is shared must be copyable.
    std::shared_ptr<const window::Window> extract =
        window.extract(reads.selectors, reads.after, reads.until);
    boost::asio::post(pool_, [this, query, reply, extract] {
      promql::QueryOptions options;
      options.lookback = query->lookback;
      options.subquery_step = evaluation_interval_.load();
      options.max_samples = kMostSamples;
      options.interrupted = [this, query]() -> const char* {
        if (stopping_) return "the daemon is stopping";
        return std::chrono::steady_clock::now() < query->deadline
                   ? nullptr
                   : "query timed out in expression evaluation";
      };
      const auto result =
          query->step == 0
              ? promql::evaluate_instant(*query->expr, query->text, *extract, query->start, options)
              : promql::evaluate_range(*query->expr, query->text, *extract, query->start,
                                       query->end, query->step, options);
      --under_way_;
      reply(result ? json_text(query_answer(*result, query->start, query->limit))
                   : error_response(api_error(result.error())));
    });
  });
}

void QueryApi::query(const web::Request& request, web::Reply reply) {
  auto query = read(request);
  if (!query) {
    reply(error_response(query.error()));
    return;
  }
  if (under_way_ >= kMostAtOnce) {
    reply(error_response({503, "unavailable", "too many queries are under way"}));
    return;
  }
  ++under_way_;
  run(*std::move(query), std::move(reply));
}

void QueryApi::look_up(const web::Request& request, web::Reply reply, Answer answer) {
  const auto parameters = ApiParameters::read(request);
  if (!parameters) {
    reply(error_response(parameters.error()));
    return;
  }
  const auto start = parameters->time("start", kBeginning);
  const auto end = parameters->time("end", kEnd);
  const auto limit = parameters->limit("limit");
  auto selectors = read_selectors(*parameters);
  if (!start || !end || !limit || !selectors) {
    reply(error_response(!start   ? start.error()
                         : !end   ? end.error()
                         : !limit ? limit.error()
                                  : selectors.error()));
    return;
  }
  parts_.with_window([reply = std::move(reply), answer = std::move(answer), start = *start,
                      end = *end, limit = *limit,
                      selectors = *std::move(selectors)](const window::Window& window) {
    reply(json_text(answer(window, selectors, start, end, limit)));
  });
}

void QueryApi::series(const web::Request& request, web::Reply reply) {
  const auto parameters = ApiParameters::read(request);
  if (parameters && parameters->all("match[]").empty()) {
    reply(error_response({400, "bad_data", "no match[] parameter provided"}));
    return;
  }
  look_up(request, std::move(reply),
          [](const window::Window& window, const Selectors& selectors, std::int64_t start,
             std::int64_t end, std::size_t limit) {
            return series_answer(window.find(selectors, start - 1, end), limit);
          });
}

void QueryApi::labels(const web::Request& request, web::Reply reply) {
  look_up(request, std::move(reply),
          [](const window::Window& window, const Selectors& selectors, std::int64_t start,
             std::int64_t end, std::size_t limit) {
            return list_answer(window.label_names(selectors, start - 1, end), limit);
          });
}

void QueryApi::label_values(const std::string& name, const web::Request& request,
                            web::Reply reply) {
  look_up(request, std::move(reply),
          [name](const window::Window& window, const Selectors& selectors, std::int64_t start,
                 std::int64_t end, std::size_t limit) {
            return list_answer(window.label_values(name, selectors, start - 1, end), limit);
          });
}

}  // namespace hitwatch::rules
