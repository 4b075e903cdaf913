#include "agent/lookups_door.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "agent/json_response.h"
#include "collectors/apps/lookups_body.h"

namespace hitwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPath = "/v1/lookups";
// Of a batch under the store's lock, which others wait for.
constexpr std::size_t kBatch = 1000;

// A page of anybody's could make a browser send any other type, or none, with the password that its
// user once gave.
constexpr auto kTypes = std::to_array<std::string_view>(
    {"application/json", "application/x-ndjson", "application/ndjson", "application/jsonl",
     "application/x-jsonlines", "text/json", "text/x-ndjson", "text/ndjson"});

web::Response error_response(int status, std::string_view text) {
  return json_response(status, Json{{"status", "error"}, {"error", text}});
}

using Millisecond = std::chrono::sys_time<std::chrono::milliseconds>;

// The trace of a report, of one of whose lookups it is; that of the request if it names none.
std::optional<lookups::Exemplar> exemplar_of(const apps::Report& report,
                                             const std::optional<trace::Context>& traced,
                                             Millisecond now) {
  lookups::Exemplar exemplar{.seconds = report.latency_seconds, .time = now};
  if (report.trace.valid()) {
    exemplar.trace = report.trace;
    exemplar.span = report.span;
    return exemplar;
  }
  if (!traced) return std::nullopt;
  exemplar.trace = traced->trace;
  exemplar.span = traced->span;
  return exemplar;
}

void record(lookups::Store& store, std::span<const apps::Report> reports,
            const std::optional<trace::Context>& traced) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto recorder = store.record();
  for (const apps::Report& report : reports) {
    const lookups::Subject subject = report.subject();
    recorder.count(subject, lookups::Source::kHttp, report.outcome, report.count);
    if (report.latency_seconds < 0) continue;
    recorder.time(subject, lookups::Source::kHttp, report.latency_seconds, report.count);
    if (const auto exemplar = exemplar_of(report, traced, now)) {
      recorder.trace(subject, lookups::Source::kHttp, *exemplar);
    }
  }
}

}  // namespace

LookupsDoor::LookupsDoor(lookups::Store& store, log::Log& log)
    : store_(store), access_("POST /v1/lookups", log) {}

void LookupsDoor::configure(const apps::HttpOptions& options) {
  access_.configure(options.enabled, options.token);
}

bool LookupsDoor::admits(const web::Request& request) const {
  return request.path == kPath && request.method == "POST" && access_.has_token(request);
}

web::Response LookupsDoor::refuse(DoorRefusal refusal, web::Response response) {
  refused_.count(refusal);
  return response;
}

web::Response LookupsDoor::take(const web::Request& request) {
  if (!access_.is_open()) {
    return error_response(404, "POST /v1/lookups is off: set apps.http.enabled");
  }
  const bool with_token = access_.has_token(request);
  if (request.user.empty() && !with_token) {
    auto response = error_response(401, "the token of apps.http is needed, or a user's password");
    response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"hitwatch\""});
    return refuse(DoorRefusal::kAuth, std::move(response));
  }
  const std::string_view type = request.header("Content-Type");
  if (!is_media_type(type, kTypes) && !(with_token && type.empty())) {
    return refuse(DoorRefusal::kEncoding,
                  error_response(415,
                                 "the Content-Type must be application/json or "
                                 "application/x-ndjson"));
  }
  auto traced = trace::parse_traceparent(request.sole_header("traceparent"));
  if (traced && !traced->sampled) traced.reset();
  std::string room;
  const auto body = unpack_body(request, apps::kMaxLookupsBody, room);
  if (body) return count(*body, traced);
  return refuse(body.error().refusal, error_response(body.error().status, body.error().text));
}

web::Response LookupsDoor::count(std::string_view body,
                                 const std::optional<trace::Context>& traced) {
  const auto reports = apps::parse_lookups_body(body);
  if (!reports) {
    return refuse(DoorRefusal::kBody, json_response(400, Json{{"status", "error"},
                                                              {"line", reports.error().line},
                                                              {"error", reports.error().text}}));
  }
  for (std::size_t done = 0; done < reports->size(); done += kBatch) {
    const std::size_t size = std::min(kBatch, reports->size() - done);
    record(store_, std::span(*reports).subspan(done, size), traced);
  }
  reports_.fetch_add(reports->size(), std::memory_order_relaxed);
  return json_response(200, Json{{"status", "success"}, {"accepted", reports->size()}});
}

LookupsDoor::Counters LookupsDoor::counters() const {
  return {.reports = reports_.load(std::memory_order_relaxed), .refused = refused_.counts()};
}

}  // namespace hitwatch
