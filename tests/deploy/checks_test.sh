#!/usr/bin/env bash
# What other programs read of deploy/ is accepted by them: checks_test.sh HITWATCH.
set -euo pipefail
hitwatch=$(realpath "${1:?Usage: checks_test.sh HITWATCH}")
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d -t hitwatch-checks.XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$source/deploy"

failures=0
# check WHAT COMMAND…: the command must succeed; its output is shown if it does not.
check() {
  local what=$1 output
  shift
  output=$("$@" 2>&1) || {
    printf 'FAILED: %s\n%s\n' "$what" "$output" >&2
    failures=$((failures + 1))
  }
}

# Files that stand elsewhere on the machines that these are for.
mkdir -p "$work/secrets" "$work/rules" "$work/targets"
cp "$source"/rules/bundled/*.yaml "$work/rules"
cp examples/targets.yaml "$work/targets"
for name in redis_password grafana_password lookups_token; do echo secret >"$work/secrets/$name"; done
# local_copy FILE NAME
local_copy() {
  sed -e "s|/run/secrets/|$work/secrets/|; s|/usr/share/hitwatch/rules/|$work/rules/|; s|/etc/prometheus/hitwatch|$work/prometheus-rules|g" \
    -e "s|/etc/hitwatch/targets/|$work/targets/|" "$1" >"$work/$2"
  echo "$work/$2"
}

check 'Prometheus of compose' promtool check config compose/prometheus.yml
# The rules, copied by the commands that stand in the example, lead to a daemon's runbooks.
sed -n '/^#   mkdir/,/^#   done/s/^# *//p' "$(local_copy examples/prometheus.yml prometheus.yml)" >"$work/copy.sh"
check 'copying the rules for Prometheus' bash -euc ". '$work/copy.sh'; ls '$work/prometheus-rules/redis.yaml'"
check 'the copied rules have no links' grep -rq 'http://hitwatch.example:9121/runbooks/redisdown' "$work/prometheus-rules"
if grep -rq 'docs/alerts.md#' "$work/prometheus-rules"; then check 'links lead nowhere in the copied rules' false; fi
grep -q "^rule_files:.*$work/prometheus-rules/" "$work/prometheus.yml" || check 'the example has no rules' false
check 'the example of Prometheus' promtool check config "$(local_copy examples/prometheus.yml prometheus.yml)"
check 'Prometheus of the sharded daemons' promtool check config sharded/prometheus.yml
check 'its rules' promtool test rules sharded/rules_test.yaml
check 'hitwatch among others' "$hitwatch" check config sharded/hitwatch.yaml
for file in compose/alertmanager.yml examples/alertmanager.yml sharded/alertmanager.yml; do
  check "$file" amtool check-config "$file"
done
# A page is for what is critical; nobody is paged by the alert that fires always.
check 'where compose sends the Watchdog' amtool config routes test --config.file compose/alertmanager.yml \
  --verify.receivers=nobody alertname=Watchdog severity=none
check 'where the example sends what is critical' amtool config routes test \
  --config.file examples/alertmanager.yml --verify.receivers=on-call alertname=RedisDown severity=critical

check 'hitwatch of compose' "$hitwatch" check config "$(local_copy compose/hitwatch.yaml compose.yaml)"
check 'the default configuration' "$hitwatch" check config config/hitwatch.yaml
for file in examples/keys-*.yaml; do check "$file" "$hitwatch" check config "$file"; done
printf 'targets: [{file: targets/targets.yaml}]\n' >"$work/listed.yaml"
check 'the list of targets' "$hitwatch" check config "$work/listed.yaml"

# The unit with its drop-ins; its programs are elsewhere on this machine.
mkdir "$work/hitwatch.service.d"
cp examples/credentials.conf examples/tap.conf "$work/hitwatch.service.d"
sed "s|/usr/bin/hitwatch|$hitwatch|" systemd/hitwatch.service >"$work/hitwatch.service"
output=$(systemd-analyze verify --man=no "$work/hitwatch.service" 2>&1 | grep -F "$work/") || true
if [[ -n $output ]]; then check "systemd remarks: $output" false; fi
# Capturing packets takes one capability, not all that root has.
check 'the unit that captures exposes more than 2.0 of 10' systemd-analyze security --offline=true \
  --threshold=20 --no-pager "$work/hitwatch.service"

# Lint reads what ends in .sh and deploy/debian: no other script may hide.
output=$(grep -rlE '^#!.*\b(ba|da)?sh\b' . | grep -vE '\.sh$|^\./debian/') || true
if [[ -n $output ]]; then check "scripts that shellcheck does not read: $output" false; fi

((failures == 0))
