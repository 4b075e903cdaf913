#!/usr/bin/env bash
# The bundled rules: Prometheus' own promtool accepts them and their unit tests pass; every alert has
# tests in which it fires and in which it does not, and a section in docs/alerts.md; every number a
# rule falls back to is the default that docs/alerts.md names.
# Our own check and runner say the same of them. Alerts about a server are the same ones when its series
# have a role, and when that changes.
# Usage: bundled_test.sh ROOT HITWATCH [PROMTOOL], ROOT being the folder that holds rules/ and docs/.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
root=$(realpath "$1")
hitwatch=$2
promtool=${3:-promtool}
cd "$root/rules/bundled"

failures=0
fault() {
  printf 'FAULT: %s\n' "$*" >&2
  failures=$((failures + 1))
}

# Names of the alerts that a unit test expects to fire ("fires") or not to ("quiet"): those in whose
# entry `exp_alerts: []` stands are quiet there.
expected() {
  awk -v wanted="$1" '
    /alertname: / {
      name = $0
      sub(/.*alertname: /, "", name)
      sub(/[, ].*/, "", name)
      kind = /exp_alerts: \[\]/ ? "quiet" : "fires"
      if (kind == wanted) print name
    }' "$2" | sort -u
}

# Everything that is compared with a threshold, as "name default".
fallbacks() {
  grep -ho 'threshold="[a-z0-9_]*",type="",tenant="",instance=""}) or vector([0-9.e+-]*)' ./*.yaml |
    sed 's/threshold="\([^"]*\)".*vector(\(.*\))/\1 \2/' | sort -u
}

"$promtool" check rules ./*.yaml || fault 'promtool does not accept the rules'
"$promtool" test rules tests/*_test.yaml || fault 'unit tests fail'
"$hitwatch" check rules ./*.yaml || fault 'hitwatch does not accept the rules'
"$hitwatch" test rules tests/*_test.yaml || fault 'unit tests fail with hitwatch'

with_roles=$(mktemp -d -t hitwatch-rules.XXXXXX)
trap 'rm -rf "$with_roles"' EXIT
python3 "$here/with_roles.py" . "$with_roles"
"$promtool" test rules "$with_roles"/*_test.yaml || fault 'alerts change with the role of a server'
"$hitwatch" test rules "$with_roles"/*_test.yaml || fault 'alerts change with the role of a server, in hitwatch'

for rules in *.yaml; do
  tests=tests/${rules%.yaml}_test.yaml
  if [[ ! -e $tests ]]; then
    fault "$rules has no unit tests: $tests"
    continue
  fi
  fires=$(expected fires "$tests")
  quiet=$(expected quiet "$tests")
  while read -r alert; do
    grep -qx "$alert" <<<"$fires" || fault "$alert fires in no test of $tests"
    # One that has nothing to wait for cannot be quiet.
    [[ $alert == Watchdog ]] || grep -qx "$alert" <<<"$quiet" ||
      fault "$alert is quiet in no test of $tests"
    grep -qx "### $alert" "$root/docs/alerts.md" || fault "$alert has no section in docs/alerts.md"
    grep -q "runbook_url: docs/alerts.md#${alert,,}\$" "$rules" ||
      fault "$alert does not name its section in docs/alerts.md"
  done < <(sed -n 's/^ *- alert: //p' "$rules")
done

while read -r alert; do
  grep -qhx " *- alert: $alert" ./*.yaml || fault "docs/alerts.md has a section of no alert: $alert"
done < <(sed -n 's/^### //p' "$root/docs/alerts.md")

while read -r name default; do
  grep -qE "^\| \`$name\` \| [^|]*\| $default( |\$|\|)" "$root/docs/alerts.md" ||
    fault "docs/alerts.md does not give $default as the default of $name"
done < <(fallbacks)

((failures == 0)) && echo 'all is well'
exit $((failures > 0))
