// `receivers:` of Alertmanager's configuration.
#pragma once

#include <string>
#include <vector>

#include "agent/notify/settings.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

// What `global:` gives to those that say nothing themselves.
struct ReceiverDefaults {
  notify::HttpSettings http;
  net::SecretSource slack_api_url;
  std::string pagerduty_url = "https://events.pagerduty.com/v2/enqueue";
};

// The list `receivers`. A name that is given twice and the kinds of receivers that there are only
// in Alertmanager itself are faults. Secrets must be readable now.
std::vector<notify::Receiver> read_receivers(yaml::Mapping& mapping,
                                             const ReceiverDefaults& defaults);

// A secret that is a URL, under `key` or in a file under `file_key`. Whether either is given.
bool read_secret_url(yaml::Mapping& mapping, std::string_view key, std::string_view file_key,
                     net::SecretSource& out);

// Each reads one entry of its list, over the defaults that are in `out`.
void read_slack(yaml::Mapping& mapping, const ReceiverDefaults& defaults, notify::Integration& out);
void read_pagerduty(yaml::Mapping& mapping, const ReceiverDefaults& defaults,
                    notify::Integration& out);

}  // namespace hitwatch::config
