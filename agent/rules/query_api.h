// The endpoints of Prometheus' HTTP API that answer from the window: query, query_range, series,
// labels, label values. Grafana's Prometheus data source and `promtool query` speak it.
// https://prometheus.io/docs/prometheus/latest/querying/api/
//
// A request is read on the web server's thread; the rules' thread gives an extract of the series it
// is about; a thread of this object does the rest. So no query delays a rule.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "agent/rules/api_parameters.h"
#include "agent/web/server.h"
#include "rules/promql/engine.h"
#include "rules/window/window.h"

namespace hitwatch::rules {

class QueryApi {
 public:
  using Work = std::function<void(const window::Window&)>;
  struct Parts {
    std::function<void(Work)> with_window;  // runs it on the rules' thread
    std::function<std::int64_t()> now;      // milliseconds
  };
  static constexpr std::size_t kMostAtOnce = 32;           // requests under way; more are refused
  static constexpr std::int64_t kLongest = 30'000;         // ms that a query may take
  static constexpr std::size_t kMostSamples = 20'000'000;  // held by one query

  explicit QueryApi(Parts parts);
  ~QueryApi();  // waits for the queries under way

  // Any thread: the step of subqueries that give none, in milliseconds.
  void set_evaluation_interval(std::int64_t interval) { evaluation_interval_ = interval; }

  // On the web server's thread. Each calls `reply` once, from any thread. The path says whether it
  // is a range query.
  void query(const web::Request& request, web::Reply reply);
  void series(const web::Request& request, web::Reply reply);
  void labels(const web::Request& request, web::Reply reply);
  // `name` is that of the path.
  void label_values(const std::string& name, const web::Request& request, web::Reply reply);

 private:
  struct Query;
  using Selectors = std::vector<window::Matchers>;
  using Answer =
      std::function<std::string(const window::Window&, const Selectors&, std::int64_t start,
                                std::int64_t end, std::size_t limit)>;
  std::expected<std::shared_ptr<Query>, ApiError> read(const web::Request& request);
  static std::expected<void, ApiError> read_range(const ApiParameters& parameters, Query& query);
  static std::expected<void, ApiError> read_expression(const ApiParameters& parameters,
                                                       Query& query);
  void run(std::shared_ptr<Query> query, web::Reply reply);
  // An answer made on the rules' thread: for what is quick.
  void look_up(const web::Request& request, web::Reply reply, Answer answer);

  Parts parts_;
  std::atomic<std::int64_t> evaluation_interval_ = 15'000;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> under_way_ = 0;
  boost::asio::thread_pool pool_{2};
};

}  // namespace hitwatch::rules
