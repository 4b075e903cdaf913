#!/usr/bin/env bash
# The demonstration explains itself on 26 lines, shows how the tenants' hit ratios are and the
# notification of the one that falls, with spans and a Prometheus if asked for, sees on the wire what the
# application reports, ends by itself when told to, and leaves nothing behind: demo_test.sh BUILD_DIRECTORY.
# Run by who may capture packets.
set -euo pipefail
build=$(realpath "${1:?Usage: demo_test.sh BUILD_DIRECTORY}")
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d -t hitwatch-demo-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work/tmp # where the demonstration puts its folder
mkdir "$TMPDIR"

fail() {
  printf 'FAILED: %s\n--- output of the demonstration:\n' "$*" >&2
  cat "$work/output" >&2
  exit 1
}

demo() { exec "$source/deploy/demo/run.sh" --build "$build" "$@" >"$work/output" 2>&1; }

(demo --seconds 1) || fail "it ended with status $? instead of by itself"

# wait_for WHAT COMMAND…: until it succeeds, as long as the demonstration runs.
wait_for() {
  local what=$1 deadline=$((SECONDS + 90))
  shift
  until "$@"; do
    kill -0 "$demo_pid" 2>/dev/null || fail "it ended before: $what"
    ((SECONDS < deadline)) || fail "did not come within 90 s: $what"
    sleep 0.2
  done
}
end_demo() {
  kill -TERM "$demo_pid"
  wait "$demo_pid" || fail "it ended with status $? when asked to"
}
notified='firing +TenantMisses\{.*tenant="([^"]+)"'
has_been_notified() { grep -qE "$notified" "$work/output"; }

demo --prometheus --shift-after 2 --addresses "$work/addresses" &
demo_pid=$!
trap 'kill -TERM "$demo_pid" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
wait_for 'the notification' has_been_notified
lines=$(wc -l <"$work/output")
((lines <= 26)) || fail "it takes $lines lines to explain itself"
grep -qE "^  open this +http://127\.0\.0\.1:[0-9]+/\$" "$work/output" || fail 'it names no page'
grep -q ' s  now globex asks ' "$work/output" || fail 'it does not say when globex starts to miss'
mapfile -t ratios < <(sed -nE 's/.*webhook has come; hit ratio:.* globex ([0-9]+)%.*/\1/p' "$work/output")
((${#ratios[@]} == 1 && ratios[0] < 20)) || fail "globex' hit ratio is then ${ratios[*]:-unknown}"
prometheus=$(sed -n 's/^prometheus=//p' "$work/addresses")
prometheus_has() { curl -fsS "$prometheus/api/v1/query" --data-urlencode "query=$1" | grep -q "$2"; }
wait_for "the alert in Prometheus" prometheus_has 'ALERTS{alertstate="firing"}' TenantMisses
wait_for "the replica in Prometheus" prometheus_has 'redis_up{instance="demo-replica"} == 1' replica
wait_for "the wire tap in Prometheus" prometheus_has 'hitwatch_tap_up == 1' hitwatch_tap_up
wait_for "lookups on the wire" prometheus_has 'rate(cache_misses_total{source="tap",tenant="globex"}[10s]) > 0' catalog
wait_for "their bytes" prometheus_has 'cache_bytes_total{source="tap",direction="out",tenant="acme"} > 0' catalog
wait_for "commands that the tap saw" prometheus_has 'hitwatch_tap_coverage_ratio{instance="demo"} > 0.9' demo
end_demo

# Until the notification and a slow command have come.
demo --otlp --shift-after 2 &
demo_pid=$!
trap 'kill -TERM "$demo_pid" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
wait_for 'the notification' has_been_notified
slow='[1-9][0-9]*\.[0-9]{3} ms  hitwatch  EVAL catalog .*cache.tenant=acme'
wait_for 'the span of a slow command' grep -qE "$slow" "$work/output"
end_demo
trap 'rm -rf "$work"' EXIT

mapfile -t tenants < <(sed -nE "s/.*$notified.*/\\1/p" "$work/output")
[[ ${tenants[*]} == globex ]] || fail "the notification is about ${tenants[*]}"
grep -qE 'summary: globex: hit ratio [0-9.]+% ' "$work/output" || fail 'it has no summary'
trace=$(sed -nE 's/^ +trace_id: ([0-9a-f]{32})$/\1/p' "$work/output" | head -n 1)
grep -qE "  evaluate demo .* trace ${trace:-none}\$" "$work/output" ||
  fail "the notification does not lead to the span of its evaluation by ${trace:-a trace id}"
grep -q 'signature valid' "$work/output" || fail 'the notification is not signed'
grep -qE "http://127\.0\.0\.1:[0-9]+/metrics\$" "$work/output" || fail 'no URL of metrics'

grep -qE "/hitwatch top --url http://127\.0\.0\.1:[0-9]+\$" "$work/output" ||
  fail 'it does not say how to look at the tenants'
grep -qE "/hitwatch keys --config [^ ]+/hitwatch.yaml demo\$" "$work/output" ||
  fail 'it does not say how to look at the keys'
grep -qE "/hitwatch tap --port [0-9]+\$" "$work/output" || fail 'it does not say how to look at the wire'

[[ -z $(ls -A "$TMPDIR") ]] || fail "it left $(ls -A "$TMPDIR")"
for folder in /proc/[0-9]*; do
  pid=${folder#/proc/}
  if [[ $pid != "$$" ]] && grep -qzxsF "TMPDIR=$TMPDIR" "$folder/environ" &&
    [[ $(tr '\0' ' ' <"$folder/cmdline" 2>/dev/null) == *@(redis-server|hitwatch)\ * ]]; then
    fail "process $pid is still there: $(tr '\0' ' ' <"$folder/cmdline")"
  fi
done
