#include "agent/notify/notice_defaults.h"

namespace hitwatch::notify {

std::string_view default_notice_templates() {
  return R"template({{- /* What every integration shares. */ -}}
{{ define "__alertmanager" }}Alertmanager{{ end }}

{{ define "__alertmanagerURL" -}}
  {{ printf "%s/#/alerts?receiver=%s" .ExternalURL (urlquery .Receiver) }}
{{- end }}

{{ define "__subject" -}}
  {{ $state := toUpper .Status -}}
  {{ if eq .Status "firing" }}{{ $state = printf "%s:%d" $state (len .Alerts.Firing) }}{{ end -}}
  {{ printf "[%s] %s " $state (join " " .GroupLabels.SortedPairs.Values) -}}
  {{ $others := .CommonLabels.Remove .GroupLabels.Names -}}
  {{ if gt (len .CommonLabels) (len .GroupLabels) -}}
    {{ printf "(%s)" (join " " $others.Values) -}}
  {{ end -}}
{{ end }}

{{ define "__description" }}{{ end }}

{{ define "__text_alert_list" -}}
  {{ range $alert := . -}}
    {{ "Labels:\n" -}}
    {{ range $alert.Labels.SortedPairs }}{{ printf " - %s = %s\n" .Name .Value }}{{ end -}}
    {{ "Annotations:\n" -}}
    {{ range $alert.Annotations.SortedPairs }}{{ printf " - %s = %s\n" .Name .Value }}{{ end -}}
    {{ printf "Source: %s\n" $alert.GeneratorURL -}}
  {{ end -}}
{{ end }}

{{- /* Slack */ -}}
{{ define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "slack.default.fallback" -}}
  {{ template "slack.default.title" . }}{{ " | " }}{{ template "slack.default.titlelink" . }}
{{- end }}
{{ define "slack.default.pretext" }}{{ end }}
{{ define "slack.default.text" }}{{ end }}
{{ define "slack.default.callbackid" }}{{ end }}
{{ define "slack.default.iconemoji" }}{{ end }}
{{ define "slack.default.iconurl" }}{{ end }}
{{ define "slack.default.footer" }}{{ end }}

{{- /* PagerDuty */ -}}
{{ define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end }}
{{ define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}
)template";
}

}  // namespace hitwatch::notify
