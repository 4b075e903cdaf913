// Surveys of a real server, run to their end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "collectors/keys/matcher.h"
#include "collectors/keyspace/survey.h"
#include "collectors/redis/probe_ledger.h"

namespace hitwatch::keyspace {

// `TEMPLATE` or `TEMPLATE=TYPE`; one that starts with `!` requires a tenant.
std::vector<keys::Rule> rules_of(const std::vector<std::string>& templates);

// A target watched over several rounds.
class SurveyDriver {
 public:
  explicit SurveyDriver(const std::string& url,
                        const std::vector<std::string>& templates = {"{type}:{tenant}:*"});

  SurveyOptions options{
      .size = 2000, .budget = 1, .databases = {}, .session = {}, .instance = "it"};
  redis::ProbeLedger ledger;
  // Called with the survey when it reports progress.
  std::function<void(Survey&)> on_progress;
  bool agree = true;  // what `begin` answers

  // One round.
  std::shared_ptr<const Report> run();

 private:
  boost::asio::io_context loop_;
  net::Resolver resolver_{loop_.get_executor()};
  net::TlsContexts tls_contexts_;
  redis::Target target_;
  std::shared_ptr<keys::Matcher> matcher_;
  std::shared_ptr<Remembered> remembered_ = make_remembered();
};

const Group* find_group(const Report& report, std::string_view type, std::string_view tenant,
                        int database = 0);
bool has_note(const Report& report, std::string_view part);

}  // namespace hitwatch::keyspace
