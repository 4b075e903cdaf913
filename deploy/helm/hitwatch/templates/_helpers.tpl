{{- define "hitwatch.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* The release's name unless it says "hitwatch" already; room is left for "-statsd" and a number. */}}
{{- define "hitwatch.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "hitwatch.name" .) .Release.Name -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name (include "hitwatch.name" .) | trunc 50 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "hitwatch.selectorLabels" -}}
app.kubernetes.io/name: {{ include "hitwatch.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hitwatch.labels" -}}
{{ include "hitwatch.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The label by which Service and monitors find pods that have the daemon as a sidecar. */}}
{{- define "hitwatch.sidecar.podLabels" -}}
hitwatch-sidecar: {{ include "hitwatch.fullname" . | quote }}
{{- end }}

{{/* Which pods are meant: those of the release, or those with its sidecar. */}}
{{- define "hitwatch.podSelector" -}}
{{- if eq .Values.mode "sidecar" -}}
{{ include "hitwatch.sidecar.podLabels" . }}
{{- else -}}
{{ include "hitwatch.selectorLabels" . }}
{{- end -}}
{{- end }}

{{- define "hitwatch.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "hitwatch.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{- define "hitwatch.image" -}}
{{- $missing := "image.repository must say where the image is, such as registry.example/hitwatch: there is no public one" -}}
{{- $repository := required $missing .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end }}

{{/* Where a daemon shows the runbooks, without a slash at its end. */}}
{{- define "hitwatch.url" -}}
{{- $service := printf "%s://%s.%s:%d" (lower .Values.scheme) (include "hitwatch.fullname" .) .Release.Namespace (int .Values.service.port) -}}
{{ default (dig "rules" "external_url" $service .Values.config) .Values.prometheusRule.runbookUrl | trimSuffix "/" }}
{{- end }}

{{/*
The configuration: config and targets. Several pods have the same one; --shard says to each which part of the
targets is its own. Their alerts have the same labels whoever sends them, so an Alertmanager tells once what
two of them send.
*/}}
{{- define "hitwatch.configuration" -}}
{{- $config := merge (dict "targets" .Values.targets) (deepCopy .Values.config) -}}
{{- if and (eq .Values.mode "central") .Values.service.statsd.enabled -}}
{{- $everywhere := list "udp://:8125" "tcp://:8125" -}}
{{- $config = merge $config (dict "apps" (dict "statsd" (dict "listen" $everywhere))) -}}
{{- end -}}
{{- if .Values.tap.enabled -}}
{{- $config = merge $config (dict "tap" (dict "enabled" true "interfaces" (list "lo" "eth0"))) -}}
{{- end -}}
{{ toYaml $config }}
{{- end }}

{{/* A user other than root gets no capability, whatever the container may have. */}}
{{- define "hitwatch.securityContext" -}}
{{- $capturing := dict -}}
{{- if .Values.tap.enabled -}}
{{- $capturing = dict "runAsUser" 0 "runAsNonRoot" false "capabilities" (dict "add" (list "NET_RAW")) -}}
{{- end -}}
{{ toYaml (merge $capturing (deepCopy .Values.securityContext)) }}
{{- end }}

{{/*
The container of either mode. As a sidecar it has no readiness probe: the pod of an application must not be taken out of service by who watches it.
*/}}
{{- define "hitwatch.container" -}}
name: hitwatch
image: {{ include "hitwatch.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - run
  - --config=/etc/hitwatch/hitwatch.yaml
  {{- if and (eq .Values.mode "central") (gt (int .Values.shards) 1) }}
  # The number at the end of the pod's name is its part.
  - --shard=pod/{{ int .Values.shards }}
  {{- end }}
  {{- range .Values.extraArgs }}
  - {{ . | quote }}
  {{- end }}
env:
  - name: POD_NAME
    valueFrom: {fieldRef: {fieldPath: metadata.name}}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - {name: hitwatch, containerPort: 9121, protocol: TCP}
  {{- if and (eq .Values.mode "central") .Values.service.statsd.enabled }}
  - {name: statsd, containerPort: 8125, protocol: UDP}
  - {name: statsd-tcp, containerPort: 8125, protocol: TCP}
  {{- end }}
livenessProbe:
  httpGet: {path: /-/healthy, port: hitwatch, scheme: {{ .Values.scheme }}}
  {{- toYaml .Values.probes.liveness | nindent 2 }}
{{- if eq .Values.mode "central" }}
readinessProbe:
  httpGet: {path: /-/ready, port: hitwatch, scheme: {{ .Values.scheme }}}
  {{- toYaml .Values.probes.readiness | nindent 2 }}
{{- end }}
startupProbe:
  httpGet: {path: /-/healthy, port: hitwatch, scheme: {{ .Values.scheme }}}
  {{- toYaml .Values.probes.startup | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  {{- include "hitwatch.securityContext" . | nindent 2 }}
volumeMounts:
  - {name: hitwatch-config, mountPath: /etc/hitwatch, readOnly: true}
  - {name: hitwatch-state, mountPath: /var/lib/hitwatch}
  - {name: hitwatch-run, mountPath: /run/hitwatch}
  {{- range .Values.secrets }}
  - {name: {{ printf "secret-%s" . }}, mountPath: {{ printf "/secrets/%s" . }}, readOnly: true}
  {{- end }}
  {{- range .Values.configMaps }}
  - {name: {{ printf "configmap-%s" . }}, mountPath: {{ printf "/configmaps/%s" . }}, readOnly: true}
  {{- end }}
{{- end }}

{{/* Its volumes, without the state. */}}
{{- define "hitwatch.volumes" -}}
- name: hitwatch-config
  configMap: {name: {{ include "hitwatch.fullname" . }}}
- name: hitwatch-run
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
{{- range .Values.secrets }}
- name: {{ printf "secret-%s" . }}
  secret: {secretName: {{ . }}, defaultMode: 288}    # r--r-----
{{- end }}
{{- range .Values.configMaps }}
- name: {{ printf "configmap-%s" . }}
  configMap: {name: {{ . }}}
{{- end }}
{{- end }}

{{/*
For other charts, which have this one as a dependency (alias or name: hitwatch) with mode: sidecar.
In their pod's template, each with .Subcharts.hitwatch: hitwatch.sidecar.podLabels in metadata.labels,
hitwatch.sidecar.container as one of spec.containers, hitwatch.sidecar.volumes among spec.volumes. The chart
examples/redis-with-sidecar does so.
*/}}
{{- define "hitwatch.sidecar.container" -}}
{{ include "hitwatch.container" . }}
{{- end }}

{{- define "hitwatch.sidecar.volumes" -}}
{{ include "hitwatch.volumes" . }}
- name: hitwatch-state
  emptyDir: {sizeLimit: 300Mi}
{{- end }}
