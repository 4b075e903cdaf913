#include "agent/lookups_door.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "agent/json_response.h"
#include "agent/net/http_words.h"
#include "agent/net/secret.h"
#include "agent/web/decompress.h"
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

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

bool is_json(std::string_view content_type) {
  const std::string_view name = trimmed(content_type.substr(0, content_type.find(';')));
  return std::ranges::any_of(
      kTypes, [&](std::string_view type) { return net::equal_ignoring_case(name, type); });
}

// By digests, so that the time tells neither the length nor where the first difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
  const auto digest_of = [](std::string_view text) {
    Digest digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return digest;
  };
  const Digest first = digest_of(a);
  const Digest second = digest_of(b);
  return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

std::string_view bearer_token(const web::Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view header = request.header("Authorization");
  if (!net::equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) return {};
  return trimmed(header.substr(kScheme.size()));
}

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

std::string_view LookupsDoor::refusal_word(Refusal refusal) {
  switch (refusal) {
    case Refusal::kAuth:
      return "auth";
    case Refusal::kBody:
      return "body";
    case Refusal::kTooLarge:
      return "too_large";
    case Refusal::kEncoding:
      return "encoding";
  }
  return "body";
}

LookupsDoor::LookupsDoor(lookups::Store& store, log::Log& log) : store_(store), log_(log) {}

void LookupsDoor::configure(const apps::HttpOptions& options) {
  bool same_source = false;
  {
    const std::scoped_lock lock(mutex_);
    same_source = options.token == options_.token;
    options_ = options;
    complained_ = false;
    if (!options.enabled || options.token.empty()) token_.clear();
  }
  read_token(same_source ? OnFailure::kKeepFormer : OnFailure::kTakeNone);
}

void LookupsDoor::refresh() { read_token(OnFailure::kKeepFormer); }

// Reads without the lock: the web server's thread must not wait for a file.
void LookupsDoor::read_token(OnFailure on_failure) {
  net::SecretSource source;
  {
    const std::scoped_lock lock(mutex_);
    if (!options_.enabled || options_.token.empty()) return;
    source = options_.token;
  }
  auto token = net::read_secret(source);
  if (token && token->empty()) {
    token = std::unexpected(net::Error{net::Reason::kSecret, "the token is empty"});
  }
  const std::scoped_lock lock(mutex_);
  if (token) {
    token_ = *std::move(token);
    complained_ = false;
    return;
  }
  if (on_failure == OnFailure::kTakeNone) token_.clear();
  if (!std::exchange(complained_, true)) complain(token.error().text);
}

void LookupsDoor::complain(std::string_view why) {
  if (token_.empty()) {
    log_.error("the token of POST /v1/lookups cannot be read, so none is taken", {{"error", why}});
  } else {
    log_.warn("the token of POST /v1/lookups cannot be read, the former one stays",
              {{"error", why}});
  }
}

bool LookupsDoor::has_token(const web::Request& request) const {
  const std::string_view given = bearer_token(request);
  const std::scoped_lock lock(mutex_);
  return options_.enabled && !token_.empty() && equal_in_constant_time(given, token_);
}

bool LookupsDoor::admits(const web::Request& request) const {
  return request.path == kPath && request.method == "POST" && has_token(request);
}

web::Response LookupsDoor::refuse(Refusal refusal, web::Response response) {
  refused_[static_cast<std::size_t>(refusal)].fetch_add(1, std::memory_order_relaxed);
  return response;
}

web::Response LookupsDoor::take(const web::Request& request) {
  {
    const std::scoped_lock lock(mutex_);
    if (!options_.enabled) {
      return error_response(404, "POST /v1/lookups is off: set apps.http.enabled");
    }
  }
  const bool with_token = has_token(request);
  if (request.user.empty() && !with_token) {
    auto response = error_response(401, "the token of apps.http is needed, or a user's password");
    response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"hitwatch\""});
    return refuse(Refusal::kAuth, std::move(response));
  }
  const std::string_view type = request.header("Content-Type");
  if (!is_json(type) && !(with_token && type.empty())) {
    return refuse(Refusal::kEncoding, error_response(415,
                                                     "the Content-Type must be application/json or "
                                                     "application/x-ndjson"));
  }
  auto traced = trace::parse_traceparent(request.header("traceparent"));
  if (traced && !traced->sampled) traced.reset();
  const std::string_view coding = trimmed(request.header("Content-Encoding"));
  if (coding.empty() || net::equal_ignoring_case(coding, "identity"))
    return count(request.body, traced);
  if (!net::equal_ignoring_case(coding, "gzip") && !net::equal_ignoring_case(coding, "x-gzip")) {
    return refuse(Refusal::kEncoding,
                  error_response(415, "the Content-Encoding must be gzip, or none"));
  }
  const auto unpacked = web::gunzip(request.body, apps::kMaxLookupsBody);
  if (unpacked) return count(*unpacked, traced);
  if (unpacked.error() == web::GunzipFault::kTooLarge) return refuse_too_large();
  return refuse(Refusal::kEncoding, error_response(400, "the body is not whole gzip"));
}

web::Response LookupsDoor::count(std::string_view body,
                                 const std::optional<trace::Context>& traced) {
  if (body.size() > apps::kMaxLookupsBody) return refuse_too_large();
  const auto reports = apps::parse_lookups_body(body);
  if (!reports) {
    return refuse(Refusal::kBody, json_response(400, Json{{"status", "error"},
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

web::Response LookupsDoor::refuse_too_large() {
  return refuse(Refusal::kTooLarge,
                error_response(413, fmt::format("the body has more than {} bytes when unpacked",
                                                apps::kMaxLookupsBody)));
}

LookupsDoor::Counters LookupsDoor::counters() const {
  Counters counters{.reports = reports_.load(std::memory_order_relaxed)};
  for (std::size_t i = 0; i < kRefusals; ++i) {
    counters.refused[i] = refused_[i].load(std::memory_order_relaxed);
  }
  return counters;
}

}  // namespace hitwatch
