// What an alertmanager.yml has, and what of it `notify:` has, too.
#pragma once

#include <array>
#include <string_view>

#include "agent/notify/settings.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

constexpr auto kAlertmanagerKeys =
    std::to_array<std::string_view>({"global", "inhibit_rules", "mute_time_intervals", "receivers",
                                     "route", "templates", "time_intervals"});

// Alertmanager's schema as of 0.25, and what later versions added to the kinds of receivers that
// there are here. All faults are reported: names that do not exist or exist twice, receivers and
// keys of `global` that only Alertmanager has, and what Alertmanager refuses. Stricter than there:
// a template file without wildcards must be there, and so must every file that holds a secret.
// Fills in `original`. `finish` is left to who calls.
void read_alertmanager_keys(yaml::Mapping& mapping, notify::Settings& out);

}  // namespace hitwatch::config
