#!/usr/bin/env bash
# The demonstration shows a hit ratio that rises as the cache warms, which tenant misses most, the
# notification that says so and the spans of what happened, ends by itself when asked to, and leaves
# nothing behind: demo_test.sh BUILD_DIRECTORY.
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

# As long as it takes for the notification to come, and a hit ratio of then.
demo --otlp --shift-after 2 &
demo_pid=$!
trap 'kill -TERM "$demo_pid" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
fires='firing +TenantMisses\{.*tenant="([^"]+)"'
deadline=$((SECONDS + 90))
until grep -qE "$fires" "$work/output"; do
  kill -0 "$demo_pid" 2>/dev/null || fail 'it ended'
  ((SECONDS < deadline)) || fail 'no notification of TenantMisses came within 90 s'
  sleep 0.2
done
slow='[1-9][0-9]*\.[0-9]{3} ms  hitwatch  EVAL catalog .*cache.tenant=acme'
until grep -qE "$slow" "$work/output"; do
  kill -0 "$demo_pid" 2>/dev/null || fail 'it ended'
  ((SECONDS < deadline)) || fail 'no span of a slow command came within 90 s'
  sleep 0.2
done
sleep 3
kill -TERM "$demo_pid"
wait "$demo_pid" || fail "it ended with status $? when asked to"
trap 'rm -rf "$work"' EXIT

mapfile -t tenants < <(sed -nE "s/.*$fires.*/\\1/p" "$work/output")
[[ ${tenants[*]} == globex ]] || fail "the notification is about ${tenants[*]}"
grep -qE 'summary: globex: hit ratio [0-9.]+% ' "$work/output" || fail 'it has no summary'
trace=$(sed -nE 's/^ +trace_id: ([0-9a-f]{32})$/\1/p' "$work/output" | head -n 1)
grep -qE "  evaluate demo .* trace ${trace:-none}\$" "$work/output" ||
  fail "the notification does not lead to the span of its evaluation by ${trace:-a trace id}"
grep -q 'signature valid' "$work/output" || fail 'the notification is not signed'
grep -qE "notified +(amtool --alertmanager.url=)?http://127\.0\.0\.1:[0-9]+" "$work/output" ||
  fail 'it does not say how to list who is told'

for page in /metrics /health/cache /api/v1/targets; do
  grep -qE "http://127\.0\.0\.1:[0-9]+$page\$" "$work/output" || fail "no URL of $page"
done

mapfile -t ratios < <(sed -nE 's/.*hit ratio +([0-9]+)\.([0-9]+)%.*/\1\2/p' "$work/output")
((${#ratios[@]} >= 2)) || fail 'fewer than two lines with a hit ratio'
((10#${ratios[-1]} > 10#${ratios[0]})) || fail 'the hit ratio did not rise'

grep -qE "/hitwatch top --url http://127\.0\.0\.1:[0-9]+\$" "$work/output" ||
  fail 'it does not say how to look at the tenants'
grep -qE "/hitwatch keys --config [^ ]+/hitwatch.yaml demo\$" "$work/output" ||
  fail 'it does not say how to look at the keys'
mapfile -t worst < <(sed -nE 's/.*  worst: ([^ ]+) .*/\1/p' "$work/output")
[[ ${worst[-1]:-nobody} == globex ]] || fail "the worst tenant is ${worst[-1]:-nobody}"

[[ -z $(ls -A "$TMPDIR") ]] || fail "it left $(ls -A "$TMPDIR")"
for folder in /proc/[0-9]*; do
  pid=${folder#/proc/}
  if [[ $pid != "$$" ]] && grep -qzxsF "TMPDIR=$TMPDIR" "$folder/environ" &&
    [[ $(tr '\0' ' ' <"$folder/cmdline" 2>/dev/null) == *@(redis-server|hitwatch)\ * ]]; then
    fail "process $pid is still there: $(tr '\0' ' ' <"$folder/cmdline")"
  fi
done
