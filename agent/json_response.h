// Answers in JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "agent/web/server.h"

namespace hitwatch {

// `body` is a value of nlohmann::json or of its relatives. Labels and what a request said may be
// any bytes, JSON may not: what is not UTF-8 becomes U+FFFD.
template <typename Json = nlohmann::json>
web::Response json_response(int status, const Json& body) {
  return {.status = status,
          .content_type = "application/json",
          .body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

// `body` is JSON already.
inline web::Response json_text(std::string body) {
  return {.status = 200, .content_type = "application/json", .body = std::move(body)};
}

}  // namespace hitwatch
