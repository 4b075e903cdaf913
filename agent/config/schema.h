// What the configuration may say: a table of keys for each mapping. Readers are held to them, and
// the reference and the schema for editors are made from them.
#pragma once

#include "agent/yaml/schema.h"

namespace hitwatch::config {

extern const yaml::Schema kRootSchema;

// What lets the daemon into someone else's server.
extern const yaml::Schema kTlsSchema;
extern const yaml::Schema kTokenSchema;  // part of others

extern const yaml::Schema kTargetSchema;
extern const yaml::Schema kSentinelSchema;
extern const yaml::Schema kClusterSchema;
extern const yaml::Schema kCredentialsSchema;
extern const yaml::Schema kPollSchema;
extern const yaml::Schema kCollectSchema;

extern const yaml::Schema kAppsSchema;
extern const yaml::Schema kStatsdSchema;
extern const yaml::Schema kStatsdMeaningSchema;
extern const yaml::Schema kHttpReportsSchema;
extern const yaml::Schema kOtlpReportsSchema;
extern const yaml::Schema kOtlpMeaningSchema;
extern const yaml::Schema kOtlpFieldSchema;
extern const yaml::Schema kStatsEndpointSchema;
extern const yaml::Schema kStatsEndpointLabelsSchema;

extern const yaml::Schema kKeysSchema;
extern const yaml::Schema kKeyPatternSchema;
extern const yaml::Schema kTenantsSchema;
extern const yaml::Schema kSampleSchema;
extern const yaml::Schema kCheckSchema;

extern const yaml::Schema kTapSchema;

extern const yaml::Schema kThresholdsSchema;
extern const yaml::Schema kRulesSchema;

extern const yaml::Schema kNotifySchema;
extern const yaml::Schema kAlertmanagerSchema;  // Alertmanager's own part of it
extern const yaml::Schema kGlobalSchema;
extern const yaml::Schema kRouteSchema;
extern const yaml::Schema kReceiverSchema;
extern const yaml::Schema kIntegrationSchema;  // part of the three kinds
extern const yaml::Schema kWebhookSchema;
extern const yaml::Schema kSlackSchema;
extern const yaml::Schema kSlackFieldSchema;
extern const yaml::Schema kSlackActionSchema;
extern const yaml::Schema kPagerDutySchema;
extern const yaml::Schema kPagerDutyImageSchema;
extern const yaml::Schema kPagerDutyLinkSchema;
extern const yaml::Schema kHttpConfigSchema;
extern const yaml::Schema kHttpTlsSchema;
extern const yaml::Schema kBasicAuthSchema;
extern const yaml::Schema kAuthorizationSchema;
extern const yaml::Schema kHttpHeaderSchema;
extern const yaml::Schema kInhibitRuleSchema;
extern const yaml::Schema kTimeIntervalSchema;
extern const yaml::Schema kTimeSpecSchema;
extern const yaml::Schema kTimesSchema;
extern const yaml::Schema kSigningSchema;
extern const yaml::Schema kAlertmanagerPeerSchema;

extern const yaml::Schema kTracesSchema;
extern const yaml::Schema kTracesOtlpSchema;
extern const yaml::Schema kTracesHeaderSchema;
extern const yaml::Schema kSamplerSchema;
extern const yaml::Schema kQueueSchema;

extern const yaml::Schema kWebSchema;
extern const yaml::Schema kLogSchema;
extern const yaml::Schema kStorageSchema;

}  // namespace hitwatch::config
