// Any request must be answered, with JSON or nothing, and what was accepted must be shown as JSON.
//
// The first byte chooses the request: to whom, and whether the rest is a body or a query. Whatever
// was taken stays, so that later requests find it; at times everything begins anew.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/notify/api_host.h"

namespace {

using namespace hitwatch;

constexpr std::int64_t kNow = 1'790'000'000'000;

struct Target {
  const char* method;
  const char* path;
  const char* parameter;  // what the text is the value of; nullptr: it is the body
};
constexpr Target kTargets[] = {
    {"POST", "/api/v2/alerts", nullptr},        {"POST", "/api/v2/silences", nullptr},
    {"GET", "/api/v2/alerts", "filter"},        {"GET", "/api/v2/alerts", "receiver"},
    {"GET", "/api/v2/alerts/groups", "filter"}, {"GET", "/api/v2/silences", "filter"},
    {"GET", "/api/v1/notifications", "state"},  {"GET", "/api/v2/silence/", nullptr},
    {"DELETE", "/api/v2/silence/", nullptr},    {"POST", "/api/v1/notifications/", nullptr},
};

web::Request request_of(const Target& target, std::string text) {
  web::Request request;
  request.method = target.method;
  request.path = target.path;
  request.headers = {{"Content-Type", "application/json"}};
  request.from_loopback = true;
  if (request.path.ends_with('/')) {
    request.path += text;
  } else if (target.parameter != nullptr) {
    request.query = {{target.parameter, std::move(text)}};
  } else {
    request.body = std::move(text);
  }
  return request;
}

// Aborts unless the answer is JSON with a status that fits.
notify::ApiAnswer check(notify::ApiHost& host, const web::Request& request) {
  notify::ApiAnswer answer = host.answer(request, kNow);
  const web::Response& response = answer.response;
  if (response.status < 200 || response.status > 503) std::abort();
  if (!response.body.empty() && !nlohmann::json::accept(response.body)) std::abort();
  if (answer.silences_changed && !answer.changed) std::abort();
  if (answer.changed && request.method == "GET") std::abort();
  if (response.status >= 400 && response.body.size() > (1U << 20) + 8 * request.body.size()) {
    std::abort();
  }
  return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kRequestsOfAHost = 200;
  static std::unique_ptr<notify::ApiHost> host;
  static int requests = 0;
  if (size == 0) return 0;
  if (host == nullptr || ++requests % kRequestsOfAHost == 0) {
    host = std::make_unique<notify::ApiHost>(kNow);
  }
  const Target& target = kTargets[data[0] % std::size(kTargets)];
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const notify::ApiAnswer answer = check(*host, request_of(target, text));
  if (!answer.changed) return 0;
  for (const char* path : {"/api/v2/alerts", "/api/v2/alerts/groups", "/api/v2/silences"}) {
    web::Request request;
    request.method = "GET";
    request.path = path;
    if (check(*host, request).response.status != 200) std::abort();
  }
  return 0;
}
