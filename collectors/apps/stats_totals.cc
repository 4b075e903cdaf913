// read_totals(): the two numbers in an application's own statistics.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "collectors/apps/stats_endpoints.h"

namespace hitwatch::apps {
namespace {

using Json = nlohmann::json;

constexpr int kMostNesting = 64;
constexpr double kMostTotal = 9'007'199'254'740'992;  // 2^53: above, doubles skip whole numbers

std::unexpected<net::Error> bad(std::string text) {
  return std::unexpected(net::Error{net::Reason::kProtocol, std::move(text)});
}

// Whether lists and objects lie in one another deeper than anybody's statistics. Brackets in
// strings do not count.
bool is_too_deep(std::string_view body) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '[' || c == '{')) {
      if (++depth > kMostNesting) return true;
    } else if (!in_string && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return false;
}

// What a pointer leads to; nullptr if there is nothing.
const Json* find(const Json& document, const std::string& pointer) {
  try {
    return &document.at(Json::json_pointer(pointer));
  } catch (const Json::exception&) {
    return nullptr;
  }
}

std::expected<double, net::Error> total_at(const Json& document, const std::string& pointer) {
  const Json* found = find(document, pointer);
  if (found == nullptr) return bad(fmt::format("there is no {} in the answer", pointer));
  if (!found->is_number()) {
    return bad(fmt::format("{} is not a number but {}", pointer, found->type_name()));
  }
  const auto total = found->get<double>();
  if (total < 0) return bad(fmt::format("{} is below 0", pointer));
  if (total > kMostTotal) return bad(fmt::format("{} is above 2^53", pointer));
  if (total != std::floor(total)) return bad(fmt::format("{} is not a whole number", pointer));
  return total;
}

}  // namespace

std::expected<EndpointTotals, net::Error> read_totals(std::string_view body,
                                                      const StatsEndpoint& endpoint) {
  if (body.size() > StatsEndpoints::kMaxBody) {
    return bad(fmt::format("the answer is larger than {} bytes", StatsEndpoints::kMaxBody));
  }
  if (is_too_deep(body)) return bad(fmt::format("nested deeper than {} levels", kMostNesting));
  const Json document = Json::parse(body, nullptr, false);
  if (document.is_discarded()) return bad("the answer is not JSON");
  const auto hits = total_at(document, endpoint.hits);
  if (!hits) return std::unexpected(hits.error());
  const auto misses = total_at(document, endpoint.misses);
  if (!misses) return std::unexpected(misses.error());
  return EndpointTotals{*hits, *misses};
}

}  // namespace hitwatch::apps
