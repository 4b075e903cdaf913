// `notify:`: Alertmanager's schema, in place or in a file of its own, and what hitwatch adds.
//
//   notify:
//     route, receivers, inhibit_rules, time_intervals, templates, global      or
//     file: alertmanager.yml        all of these and nothing else; `${NAME}` is not replaced  or
//     webhook_url: https://…        everything to one webhook
//     alertmanagers: [{url, timeout, and the keys of http_config}]
//     signing: [{receiver, secret | secret_file | secret_env}]     webhooks of a receiver
//     max_age: 24h
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "agent/notify/settings.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

// What is wrong with the file that `file` names; all else becomes a fault of the reader.
std::vector<yaml::Fault> read_notify(yaml::Mapping& root, notify::Settings& out);

// Everything to one webhook, instead of the routes and receivers that are there: the receiver
// "default", grouped by alertname and instance, first told after 10s, of changes after 1m, again
// after 4h. The error is a sentence that does not repeat the URL.
std::expected<void, std::string> use_webhook(notify::Settings& settings, std::string_view url,
                                             std::string origin);

}  // namespace hitwatch::config
