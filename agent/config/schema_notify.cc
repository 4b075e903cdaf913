// The section `notify`: Alertmanager's keys and hitwatch's own.
#include <chrono>

#include "agent/config/schema.h"

namespace hitwatch::config {
namespace {

using namespace std::chrono_literals;
using yaml::kBoolean;
using yaml::kDuration;
using yaml::Key;
using yaml::kFile;
using yaml::kSecret;
using yaml::kTemplate;
using yaml::kText;
using yaml::kUrl;
using yaml::kVariable;

constexpr yaml::Type kTexts = yaml::entries(kText);
constexpr yaml::Type kTemplates = yaml::entries(kTemplate);
constexpr yaml::Type kMatchersText = yaml::text("matchers");
constexpr yaml::Type kLabelName = yaml::text("label");
constexpr yaml::Type kReceiverItem = yaml::mapping(kReceiverSchema);
constexpr yaml::Type kInhibitRuleItem = yaml::mapping(kInhibitRuleSchema);
constexpr yaml::Type kTimeIntervalItem = yaml::mapping(kTimeIntervalSchema);
constexpr yaml::Type kRouteItem = yaml::mapping(kRouteSchema);
constexpr yaml::Type kPathOrGlob = yaml::text("path or glob");

constexpr Key kAlertmanagerKeyTable[] = {
    {"global", yaml::mapping(kGlobalSchema), "", "For all receivers that say nothing themselves."},
    {"route", yaml::mapping(kRouteSchema), "",
     "Whom which alerts reach. Required, except with `file`, `webhook_url` or only "
     "`alertmanagers`."},
    {"receivers", yaml::list(kReceiverItem), "[]", "Who is told, and how."},
    {"inhibit_rules", yaml::list(kInhibitRuleItem), "[]", "Alerts that silence others."},
    {"time_intervals", yaml::list(kTimeIntervalItem), "[]", "Times with a name, for routes."},
    {"mute_time_intervals", yaml::list(kTimeIntervalItem), "[]", "The same under an older name."},
    {"templates", yaml::list(kPathOrGlob), "[]", "Files of templates."},
};

constexpr yaml::Type kSigningItem = yaml::mapping(kSigningSchema);
constexpr yaml::Type kPeerItem = yaml::mapping(kAlertmanagerPeerSchema);
constexpr Key kNotifyKeys[] = {
    {"file", kFile, "", "Alertmanager's keys stand in this file instead: an `alertmanager.yml`."},
    {"webhook_url", kUrl, "", "Instead of Alertmanager's keys: everything to one webhook."},
    {"signing", yaml::list(kSigningItem), "[]",
     "Secrets that sign the webhooks of receivers, as Standard Webhooks has it; at most 1000."},
    {"alertmanagers", yaml::list(kPeerItem), "[]",
     "Alertmanagers that are told of all alerts, as a Prometheus tells them; at most 100."},
    {"max_age", yaml::duration(1s, 744h), "24h", "Of a message that nobody accepts."},
};

constexpr Key kGlobalKeys[] = {
    {"resolve_timeout", kDuration, "5m",
     "Alerts that are posted without an end are over after this time."},
    {"http_config", yaml::mapping(kHttpConfigSchema), "", "How receivers are reached."},
    {"slack_api_url", kSecret, "", "Webhook of Slack."},
    {"slack_api_url_file", kFile, "", "File that holds it."},
    {"pagerduty_url", kUrl, "https://events.pagerduty.com/v2/enqueue", "PagerDuty's Events API 2."},
};

constexpr Key kRouteKeys[] = {
    {"receiver", kText, "",
     "Name of a receiver; else that of the route above. The first needs one."},
    {"matchers", yaml::list(kMatchersText), "[]",
     "Which alerts: `severity=\"page\"`, `team=~\"cache|db\"`. Not for the first route, nor the "
     "next "
     "five keys."},
    {"match", kTexts, "{}", "The same as labels and values; deprecated."},
    {"match_re", kTexts, "{}", "The same as labels and regular expressions; deprecated."},
    {"continue", kBoolean, "false", "Look at the routes behind this one, too."},
    {"mute_time_intervals", yaml::list(kText), "[]", "Names of times at which nobody is told."},
    {"active_time_intervals", yaml::list(kText), "[]",
     "Names of times at which alone somebody is."},
    {"group_by", yaml::list(kLabelName), "",
     "Labels by which alerts share a message; `...` for all of them. What is left out here and "
     "below "
     "is as in the route above."},
    {"group_wait", kDuration, "30s", "From a group's first alert to its first message."},
    {"group_interval", kDuration, "5m", "To a message of what has changed; more than 0."},
    {"repeat_interval", kDuration, "4h", "To a message of what has not; more than 0."},
    {"routes", yaml::list(kRouteItem), "[]",
     "Routes below this one; the first that matches counts."},
};

constexpr yaml::Type kWebhookItem = yaml::mapping(kWebhookSchema);
constexpr yaml::Type kSlackItem = yaml::mapping(kSlackSchema);
constexpr yaml::Type kPagerDutyItem = yaml::mapping(kPagerDutySchema);
constexpr Key kReceiverKeys[] = {
    {"name", kText, "", "What routes call it. Required."},
    {"webhook_configs", yaml::list(kWebhookItem), "[]", "Webhooks."},
    {"slack_configs", yaml::list(kSlackItem), "[]", "Channels of Slack."},
    {"pagerduty_configs", yaml::list(kPagerDutyItem), "[]", "Services of PagerDuty."},
};

constexpr Key kIntegrationKeys[] = {
    {"send_resolved", kBoolean, "",
     "Tell of alerts that are over, too. `true`, but `false` for Slack."},
    {"http_config", yaml::mapping(kHttpConfigSchema), "",
     "How it is reached; else as `global` says."},
};

constexpr Key kWebhookKeys[] = {
    {"url", kSecret, "", "Where it is posted to. This or `url_file` is required."},
    {"url_file", kFile, "", "File that holds the URL."},
    {"max_alerts", yaml::count(0, 1'000'000), "0", "Most alerts in a message; 0 for all."},
    {"timeout", kDuration, "0s", "Of one attempt; 0 for the daemon's own."},
    {"payload", kTemplate, "", "Body of the request; else Alertmanager's, version 4."},
};

constexpr yaml::Type kSlackFieldItem = yaml::mapping(kSlackFieldSchema);
constexpr yaml::Type kSlackActionItem = yaml::mapping(kSlackActionSchema);
constexpr Key kSlackKeys[] = {
    {"api_url", kSecret, "", "Webhook of Slack; else that of `global`."},
    {"api_url_file", kFile, "", "File that holds it."},
    {"channel", kTemplate, "", "Channel or user."},
    {"username", kTemplate, R"({{ template "slack.default.username" . }})", "Name of who writes."},
    {"color", kTemplate, R"({{ if eq .Status "firing" }}danger{{ else }}good{{ end }})",
     "Colour of the line beside the text."},
    {"title", kTemplate, R"({{ template "slack.default.title" . }})", "First line."},
    {"title_link", kTemplate, R"({{ template "slack.default.titlelink" . }})", "Where it leads."},
    {"pretext", kTemplate, R"({{ template "slack.default.pretext" . }})", "Text above."},
    {"text", kTemplate, R"({{ template "slack.default.text" . }})", "Text."},
    {"fallback", kTemplate, R"({{ template "slack.default.fallback" . }})",
     "Text for where nothing else can be shown."},
    {"callback_id", kTemplate, R"({{ template "slack.default.callbackid" . }})",
     "Identifier, for actions."},
    {"icon_emoji", kTemplate, R"({{ template "slack.default.iconemoji" . }})",
     "Picture of who writes."},
    {"icon_url", kTemplate, R"({{ template "slack.default.iconurl" . }})", "The same as a URL."},
    {"image_url", kTemplate, "", "Picture below the text."},
    {"thumb_url", kTemplate, "", "Small picture beside it."},
    {"footer", kTemplate, R"({{ template "slack.default.footer" . }})", "Line below."},
    {"link_names", kBoolean, "false", "Make links of names of channels and users."},
    {"short_fields", kBoolean, "false", "Of fields that do not say `short`."},
    {"mrkdwn_in", yaml::list(kText), "[fallback, pretext, text]", "What holds Slack's markup."},
    {"fields", yaml::list(kSlackFieldItem), "[]", "Table below the text."},
    {"actions", yaml::list(kSlackActionItem), "[]", "Buttons."},
};
constexpr Key kSlackFieldKeys[] = {
    {"title", kTemplate, "", "Title. Required."},
    {"value", kTemplate, "", "Text. Required."},
    {"short", kBoolean, "", "Whether two stand side by side; else as `short_fields` says."},
};
constexpr Key kSlackActionKeys[] = {
    {"type", kTemplate, "", "`button`. Required."},
    {"text", kTemplate, "", "What stands on it. Required."},
    {"url", kTemplate, "", "Where it leads. This or `name` is required."},
    {"style", kTemplate, "", "`primary` or `danger`."},
    {"name", kTemplate, "", "Name of the action."},
    {"value", kTemplate, "", "Its value."},
};

constexpr yaml::Type kImageItem = yaml::mapping(kPagerDutyImageSchema);
constexpr yaml::Type kLinkItem = yaml::mapping(kPagerDutyLinkSchema);
constexpr Key kPagerDutyKeys[] = {
    {"routing_key", kSecret, "", "Key of an integration. This or `routing_key_file` is required."},
    {"routing_key_file", kFile, "", "File that holds it."},
    {"url", kUrl, "", "Events API 2; else that of `global`."},
    {"client", kTemplate, R"({{ template "pagerduty.default.client" . }})", "Who tells."},
    {"client_url", kTemplate, R"({{ template "pagerduty.default.clientURL" . }})",
     "Where to see more."},
    {"description", kTemplate, R"({{ template "pagerduty.default.description" . }})", "Title."},
    {"severity", kTemplate, "error", "`critical`, `error`, `warning` or `info`."},
    {"source", kTemplate, "", "What it is about; else `client`."},
    {"class", kTemplate, "", "Kind of event."},
    {"component", kTemplate, "", "Part of the source."},
    {"group", kTemplate, "", "Group of parts."},
    {"details", kTemplates, "",
     "Further details by name; over `firing`, `resolved`, `num_firing` and `num_resolved`."},
    {"images", yaml::list(kImageItem), "[]", "Pictures."},
    {"links", yaml::list(kLinkItem), "[]", "Links."},
};
constexpr Key kPagerDutyImageKeys[] = {
    {"src", kTemplate, "", "URL of the picture."},
    {"alt", kTemplate, "", "Text in its place."},
    {"href", kTemplate, "", "Where it leads."},
};
constexpr Key kPagerDutyLinkKeys[] = {
    {"href", kTemplate, "", "Where it leads."},
    {"text", kTemplate, "", "What is shown."},
};

constexpr yaml::Type kHeaderItem = yaml::mapping(kHttpHeaderSchema);
constexpr yaml::Type kHeaders = yaml::entries(kHeaderItem);
constexpr Key kHttpConfigKeys[] = {
    {"basic_auth", yaml::mapping(kBasicAuthSchema), "",
     "User and password. Of the ways to say who asks, one."},
    {"authorization", yaml::mapping(kAuthorizationSchema), "", "Header `Authorization`."},
    {"bearer_token", kSecret, "", "Bearer token; older than `authorization`."},
    {"bearer_token_file", kFile, "", "File that holds it."},
    {"tls_config", yaml::mapping(kHttpTlsSchema), "", "For `https://`."},
    {"proxy_url", kUrl, "", "Proxy."},
    {"no_proxy", kText, "", "Hosts that are reached without it, with commas between."},
    {"proxy_from_environment", kBoolean, "false",
     "Use `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`."},
    {"follow_redirects", kBoolean, "true", "Go where an answer points."},
    {"enable_http2", kBoolean, "true", "Accepted; HTTP/1.1 is spoken."},
    {"http_headers", kHeaders, "", "Further headers by name."},
};
constexpr Key kBasicAuthKeys[] = {
    {"username", kText, "", "User, without a colon."},
    {"password", kSecret, "", "Password."},
    {"password_file", kFile, "", "File that holds it."},
};
constexpr Key kAuthorizationKeys[] = {
    {"type", kText, "Bearer", "First word of the header."},
    {"credentials", kSecret, "", "What follows it."},
    {"credentials_file", kFile, "", "File that holds it."},
};
constexpr std::string_view kLeastTls[] = {"TLS12"};
constexpr std::string_view kMostTls[] = {"TLS13"};
constexpr Key kHttpTlsKeys[] = {
    {"min_version", yaml::choice(kLeastTls), "TLS12", "Nothing else can be had."},
    {"max_version", yaml::choice(kMostTls), "TLS13", "Nothing else can be had."},
};
constexpr Key kHttpHeaderKeys[] = {
    {"values", yaml::list(kSecret), "[]", "Values."},
    {"secrets", yaml::list(kSecret), "[]", "Values that are secrets."},
    {"files", yaml::list(kFile), "[]", "Files that hold values."},
};

constexpr Key kInhibitRuleKeys[] = {
    {"name", kText, "", "Name, for people."},
    {"source_matchers", yaml::list(kMatchersText), "[]", "Alerts that silence others."},
    {"source_match", kTexts, "{}", "The same as labels and values; deprecated."},
    {"source_match_re", kTexts, "{}", "The same as labels and regular expressions; deprecated."},
    {"target_matchers", yaml::list(kMatchersText), "[]", "Alerts that are silenced."},
    {"target_match", kTexts, "{}", "The same as labels and values; deprecated."},
    {"target_match_re", kTexts, "{}", "The same as labels and regular expressions; deprecated."},
    {"equal", yaml::list(kLabelName), "[]", "Labels that both must have with the same value."},
};

constexpr yaml::Type kTimeSpecItem = yaml::mapping(kTimeSpecSchema);
constexpr Key kTimeIntervalKeys[] = {
    {"name", kText, "", "What routes call it. Required."},
    {"time_intervals", yaml::list(kTimeSpecItem), "[]", "Times, of which one must hold."},
};
constexpr yaml::Type kTimesItem = yaml::mapping(kTimesSchema);
constexpr yaml::Type kWeekdays = yaml::text("`monday:friday`");
constexpr yaml::Type kDays = yaml::text("`1:5` or `-3:-1`");
constexpr yaml::Type kMonths = yaml::text("`january:march` or `1:3`");
constexpr yaml::Type kYears = yaml::text("`2026:2030`");
constexpr Key kTimeSpecKeys[] = {
    {"times", yaml::list(kTimesItem), "", "Times of the day."},
    {"weekdays", yaml::list(kWeekdays), "", "Days of the week, or spans of some."},
    {"days_of_month", yaml::list(kDays), "", "Days of the month; negative ones from its end."},
    {"months", yaml::list(kMonths), "", "Months."},
    {"years", yaml::list(kYears), "", "Years."},
    {"location", yaml::text("time zone"), "UTC", "Where it is that time: `Europe/Berlin`."},
};
constexpr Key kTimesKeys[] = {
    {"start_time", yaml::text("HH:MM"), "", "When it begins. Required."},
    {"end_time", yaml::text("HH:MM"), "", "When it ends, `24:00` at the latest. Required."},
};

constexpr Key kSigningKeys[] = {
    {"receiver", kText, "", "Name of a receiver with webhooks. Required."},
    {"secret", kSecret, "", "`whsec_` and base64, or any text."},
    {"secret_file", kFile, "", "File that holds it."},
    {"secret_env", kVariable, "", "Variable that holds it."},
};

constexpr Key kPeerKeys[] = {
    {"url", kUrl, "", "Without `/api/v2/alerts`. Required."},
    {"timeout", kDuration, "10s", "Of one request; more than 0."},
};

}  // namespace

const yaml::Schema kAlertmanagerSchema = {"", kAlertmanagerKeyTable};
const yaml::Schema kNotifySchema = {
    "Alertmanager's keys, and below them hitwatch's own. [notifications.md](../notifications.md) "
    "tells more.",
    kNotifyKeys, &kAlertmanagerSchema};
const yaml::Schema kGlobalSchema = {"", kGlobalKeys};
const yaml::Schema kRouteSchema = {"", kRouteKeys};
const yaml::Schema kReceiverSchema = {"", kReceiverKeys};
const yaml::Schema kIntegrationSchema = {"", kIntegrationKeys};
const yaml::Schema kWebhookSchema = {"", kWebhookKeys, &kIntegrationSchema};
const yaml::Schema kSlackSchema = {"", kSlackKeys, &kIntegrationSchema};
const yaml::Schema kSlackFieldSchema = {"", kSlackFieldKeys};
const yaml::Schema kSlackActionSchema = {"", kSlackActionKeys};
const yaml::Schema kPagerDutySchema = {"", kPagerDutyKeys, &kIntegrationSchema};
const yaml::Schema kPagerDutyImageSchema = {"", kPagerDutyImageKeys};
const yaml::Schema kPagerDutyLinkSchema = {"", kPagerDutyLinkKeys};
const yaml::Schema kHttpConfigSchema = {"", kHttpConfigKeys};
const yaml::Schema kHttpTlsSchema = {"", kHttpTlsKeys, &kTlsSchema};
const yaml::Schema kBasicAuthSchema = {"", kBasicAuthKeys};
const yaml::Schema kAuthorizationSchema = {"", kAuthorizationKeys};
const yaml::Schema kHttpHeaderSchema = {"", kHttpHeaderKeys};
const yaml::Schema kInhibitRuleSchema = {"", kInhibitRuleKeys};
const yaml::Schema kTimeIntervalSchema = {"", kTimeIntervalKeys};
const yaml::Schema kTimeSpecSchema = {"", kTimeSpecKeys};
const yaml::Schema kTimesSchema = {"", kTimesKeys};
const yaml::Schema kSigningSchema = {"", kSigningKeys};
const yaml::Schema kAlertmanagerPeerSchema = {"All keys of `http_config` stand here, too.",
                                              kPeerKeys, &kHttpConfigSchema};

}  // namespace hitwatch::config
