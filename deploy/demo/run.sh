#!/usr/bin/env bash
# The demonstration behind `./dev demo`: a private Redis, an application that uses it as a cache,
# hitwatch watching it, and a receiver of its notifications; with --otlp, one of its spans, too.
# Everything lives in one temporary folder and ends with this script.
set -euo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
build=build
seconds=0
shift_after=60
otlp=
usage() {
  cat <<'END'
Usage: run.sh [--build DIRECTORY] [--seconds N] [--shift-after N] [--otlp[=URL]]
  --build DIRECTORY  where hitwatch and the demonstration were built (default: build)
  --seconds N        end after N seconds (default: on Ctrl-C)
  --shift-after N    the tenant globex starts to miss after N seconds (default: 60)
  --otlp             show what happened as spans, too; the application has slow commands
  --otlp=URL         send the spans to this collector instead, such as http://localhost:4318
END
}
while (($#)); do
  case $1 in
    --build) build=${2:?--build takes a directory} && shift 2 ;;
    --build=*) build=${1#*=} && shift ;;
    --seconds) seconds=${2:?--seconds takes a number} && shift 2 ;;
    --seconds=*) seconds=${1#*=} && shift ;;
    --shift-after) shift_after=${2:?--shift-after takes a number} && shift 2 ;;
    --shift-after=*) shift_after=${1#*=} && shift ;;
    --otlp) otlp=sink && shift ;;
    --otlp=*) otlp=${1#*=} && shift ;;
    --help | -h) usage && exit 0 ;;
    *) printf "demo: unknown option '%s'\n" "$1" >&2 && usage >&2 && exit 2 ;;
  esac
done
[[ $seconds =~ ^[0-9]+$ ]] || { echo "demo: --seconds takes a whole number" >&2 && exit 2; }
[[ $shift_after =~ ^[0-9]+$ ]] || { echo "demo: --shift-after takes a whole number" >&2 && exit 2; }

declare -A pids=() # of what we started, by name
folder=$(mktemp -d -t hitwatch-demo.XXXXXX)

stop_all() {
  trap '' INT TERM # a second Ctrl-C must not leave anything behind
  local name deadline=$((SECONDS + 10))
  for name in "${!pids[@]}"; do
    kill -TERM "${pids[$name]}" 2>/dev/null || true
  done
  for name in "${!pids[@]}"; do
    while alive "$name" && ((SECONDS < deadline)); do pause 0.05; done
    if alive "$name"; then
      kill -KILL "${pids[$name]}" 2>/dev/null || true
      printf 'demo: %s did not stop when asked and was killed\n' "$name" >&2
    fi
  done
  wait
  rm -rf "$folder"
}
trap stop_all EXIT
trap 'echo; echo "Stopping."; exit 0' INT TERM

# start NAME COMMAND…: in the background, with its output in the file NAME.log.
start() {
  local name=$1
  shift
  "$@" >"$folder/$name.log" 2>&1 </dev/null &
  pids[$name]=$!
}

# Not gone, and not a zombie either: inside a trap the shell does not collect its children.
alive() {
  local stat
  { read -r stat <"/proc/${pids[$1]}/stat"; } 2>/dev/null && [[ $stat != *') Z '* ]]
}

# give_up NAME REASON: shows the log of the culprit.
give_up() {
  printf '\ndemo: %s %s. Its last words:\n' "$1" "$2" >&2
  tail -n 20 "$folder/$1.log" | sed 's/^/  /' >&2
  exit 1
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
udp_port_is_free() { ! grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") " /proc/net/udp; }

# A pause that, unlike sleep, ends with the signal that asks us to stop.
mkfifo "$folder/never"
exec {never}<>"$folder/never"
pause() { read -r -t "$1" -u "$never" || true; }

start_redis() {
  for _ in {1..20}; do
    redis_port=$((20000 + RANDOM % 10000))
    port_is_free "$redis_port" || continue
    start redis redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no \
      --dir "$folder" --maxmemory 128mb --maxmemory-policy allkeys-lru
    while alive redis; do
      if [[ $(redis-cli -p "$redis_port" ping 2>/dev/null) == PONG ]]; then return 0; fi
      pause 0.05
    done
    # Another program may have taken the port since: only that is worth another attempt.
    grep -qs 'Address already in use' "$folder/redis.log" || break
  done
  give_up redis 'did not start'
}

choose_statsd_port() {
  for statsd_port in {8125..8224}; do
    if udp_port_is_free "$statsd_port"; then break; fi
  done
}

# start_receiver NAME OPTION…: a sink on a port of its own; its URL is then $url.
start_receiver() {
  local name=$1
  shift
  start "$name" "$build/hitwatch" sink --listen 127.0.0.1:0 "$@"
  local deadline=$((SECONDS + 30))
  until url=$(sed -nE 's/.*listening on (http:[^ ]*)$/\1/p' "$folder/$name.log") && [[ -n $url ]]; do
    alive "$name" || give_up "$name" 'ended'
    ((SECONDS < deadline)) || give_up "$name" 'did not listen within 30 s'
    pause 0.05
  done
}

# Signs and checks the messages with a secret of this demonstration.
start_sink() {
  printf 'whsec_%s\n' "$(head -c 24 /dev/urandom | base64)" >"$folder/webhook.key"
  start_receiver sink --secret-file "$folder/webhook.key"
  sink_url=$url
}

# Where spans go, if anywhere: to a receiver of ours unless we were told of another.
start_spans() {
  [[ $otlp == sink ]] || return 0
  start_receiver spans
  otlp=$url
}

start_hitwatch() {
  for web_port in {9121..9220}; do
    if port_is_free "$web_port"; then break; fi
  done
  cat >"$folder/hitwatch.yaml" <<END
targets:
  - url: redis://127.0.0.1:$redis_port
    alias: demo
poll: {interval: 1s, timeout: 900ms}
keys:
  patterns:
    - {match: "session:*"}
    - {match: "llm-response:*"}
    - {match: "{type}:{tenant}:*", tenant: required}
  sample: {interval: 5s}
apps: {statsd: {listen: ["udp://127.0.0.1:$statsd_port"]}}
storage: {path: $folder/state}
rules: {files: ["$here/tenant_rules.yaml"], evaluation_interval: 1s}
notify:
  route:
    receiver: sink
    group_by: [alertname, tenant]
    group_wait: 1s
    routes:
      - {receiver: nobody, matchers: [severity="none"]} # the alert that always fires, Watchdog
  receivers:
    - {name: sink, webhook_configs: [{url: "$sink_url"}]}
    - {name: nobody}
  signing: [{receiver: sink, secret_file: $folder/webhook.key}]
END
  mkdir "$folder/state"
  start hitwatch "$build/hitwatch" run --config "$folder/hitwatch.yaml" \
    --web.listen-address "127.0.0.1:$web_port" ${otlp:+--otlp "$otlp"}
  web=http://127.0.0.1:$web_port
  local deadline=$((SECONDS + 30))
  until curl -fsS --max-time 2 -o "$folder/ready" "$web/-/ready" 2>/dev/null; do
    alive hitwatch || give_up hitwatch 'ended'
    ((SECONDS < deadline)) || give_up hitwatch 'was not ready within 30 s'
    pause 0.1
  done
}

# field NAME: of the JSON in $health; numbers, words and texts.
field() {
  if [[ $health =~ \"$1\"[[:space:]]*:[[:space:]]*\"?([^\",}]*) ]]; then
    printf '%s' "${BASH_REMATCH[1]}"
  fi
}

# Which tenant, and which of its types, missed most in the last minute, among those asked for often.
worst_tenant() {
  local tenant type ratio margin rest
  {
    read -r rest && read -r rest && read -r tenant type rest rest rest ratio margin rest
  } < <("$build/hitwatch" top --url "$web" --once --limit 1 --sort miss_ratio --window 1m \
    --min-lookups 50 2>/dev/null) || return 0
  printf '  worst: %s %s %s%% %s' "$tenant" "$type" "$ratio" "$margin"
}

# One line: since the start of the server, what the last two seconds were like, and who does worst.
show_health() {
  health=$(curl -sS --max-time 2 "$web/health/cache" 2>&1) || {
    printf '%5d s  %s\n' "$SECONDS" "$health"
    return 0
  }
  if [[ $(field connected) != true ]]; then
    printf '%5d s  not connected: %s\n' "$SECONDS" "$health"
    return 0
  fi
  local hits misses recent='' asked
  hits=$(field hits)
  misses=$(field misses)
  asked=$((hits + misses - last_hits - last_misses))
  if ((last_hits + last_misses > 0 && asked > 0)); then
    recent="  (just now $(((hits - last_hits) * 100 / asked))%)"
  fi
  printf '%5d s  hit ratio %7s  hits %7d  misses %6d  keys %6d%s%s\n' \
    "$SECONDS" "$(field hitRate)" "$hits" "$misses" "$(field keys)" "$recent" "$(worst_tenant)"
  last_hits=$hits last_misses=$misses
}

declare -A shown_lines=([sink]=1 [spans]=1) # the first says where it listens

# show_received NAME TEXT: what came to a receiver since the last time, as it shows it.
show_received() {
  [[ -n ${pids[$1]:-} ]] || return 0
  local -a lines
  mapfile -t -s "${shown_lines[$1]}" lines <"$folder/$1.log"
  ((${#lines[@]})) || return 0
  shown_lines[$1]=$((shown_lines[$1] + ${#lines[@]}))
  printf '%5d s  %s:\n' "$SECONDS" "$2"
  printf '         %s\n' "${lines[@]}"
}

start_redis
choose_statsd_port
start_sink
start_spans
start_hitwatch
slow_every=0
if [[ -n $otlp ]]; then slow_every=10; fi
start application "$build/deploy/demo/hitwatch_demo_traffic" --port "$redis_port" \
  --statsd-port "$statsd_port" --shift-after "$shift_after" --slow-every "$slow_every"

list_alerts="amtool --alertmanager.url=$web alert query"
command -v amtool >/dev/null || list_alerts="$web/api/v2/alerts"

cat <<END
hitwatch watches a Redis on port $redis_port that an application with three tenants uses as a cache.
The application reports its lookups to udp://127.0.0.1:$statsd_port. After $shift_after s one of the tenants, globex,
starts to ask for things that are not in the cache; some 10 s later a webhook says so, shown below.

  metrics   $web/metrics
  health    $web/health/cache
  targets   $web/api/v1/targets
  alerts    $web/api/v1/alerts
  notified  $list_alerts
  overview  $web/
  tenants   $build/hitwatch top --url $web
  keys      $build/hitwatch keys --config $folder/hitwatch.yaml demo
END
if [[ -n $otlp ]]; then
  printf '  spans     %s: every ten seconds a slow command, polls now and then, alerts\n' "$otlp"
fi
printf '\nCtrl-C stops all of it.\n\n'
SECONDS=0 last_hits=0 last_misses=0
while ((seconds == 0 || SECONDS < seconds)); do
  pause 2
  for name in "${!pids[@]}"; do
    alive "$name" || give_up "$name" 'ended'
  done
  show_health
  show_received sink 'a notification has come'
  show_received spans 'spans have come'
done
