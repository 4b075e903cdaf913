#!/usr/bin/env bash
# The demonstration behind `./dev demo`: a private Redis with a replica, an application that uses it
# as a cache, hitwatch watching both, and a receiver of its notifications; with --otlp one of its
# spans, with --prometheus a Prometheus, with --fleet a cluster and sentinels (fleet.sh). The wire tap
# is on where packets may be captured. Everything lives in one temporary folder and ends with this
# script.
set -euo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
build=build
seconds=0
shift_after=60
otlp=
with_prometheus=
with_fleet=
addresses=
usage() {
  cat <<'END'
Usage: run.sh [--build DIRECTORY] [--seconds N] [--shift-after N] [--prometheus] [--fleet]
              [--otlp[=URL]] [--addresses FILE]
  --build DIRECTORY  where hitwatch and the demonstration were built (default: build)
  --seconds N        end after N seconds (default: on Ctrl-C)
  --shift-after N    the tenant globex starts to miss after N seconds (default: 60)
  --prometheus       a Prometheus scrapes hitwatch and evaluates the same rules
  --fleet            with a Redis Cluster of six nodes, and a master with a replica that three
                     sentinels watch and fail over when globex starts to miss
  --otlp             show what happened as spans, too
  --otlp=URL         send the spans to this collector instead, such as http://localhost:4318
  --addresses FILE   once all is up, write to FILE where it listens: web=URL, redis=PORT, …
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
    --prometheus) with_prometheus=yes && shift ;;
    --fleet) with_fleet=yes && shift ;;
    --otlp) otlp=sink && shift ;;
    --otlp=*) otlp=${1#*=} && shift ;;
    --addresses) addresses=${2:?--addresses takes a file} && shift 2 ;;
    --addresses=*) addresses=${1#*=} && shift ;;
    --help | -h) usage && exit 0 ;;
    *) printf "demo: unknown option '%s'\n" "$1" >&2 && usage >&2 && exit 2 ;;
  esac
done
[[ $seconds =~ ^[0-9]+$ ]] || { echo "demo: --seconds takes a whole number" >&2 && exit 2; }
[[ $shift_after =~ ^[0-9]+$ ]] || { echo "demo: --shift-after takes a whole number" >&2 && exit 2; }
if [[ -n $with_prometheus ]] && ! command -v prometheus >/dev/null; then
  echo "demo: there is no prometheus to start: apt install prometheus" >&2
  exit 2
fi

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
  : >"$folder/$name.log" # there before anybody looks
  "$@" >>"$folder/$name.log" 2>&1 </dev/null &
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

# A port below those that connections get, which is then $port.
choose_port() {
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 10000))
    if port_is_free "$port"; then break; fi
  done
}

# until_true SECONDS NAME REASON COMMAND…: waits for the command; else NAME is to blame.
until_true() {
  local deadline=$((SECONDS + $1)) name=$2 reason=$3
  shift 3
  until "$@"; do
    ((SECONDS < deadline)) || give_up "$name" "$reason"
    pause 0.05
  done
}

# start_redis NAME OPTION…: a server on a port of its own, which is then $port.
start_redis() {
  local name=$1
  shift
  mkdir "$folder/$name.d"
  for _ in {1..20}; do
    choose_port
    start "$name" redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no \
      --dir "$folder/$name.d" --maxmemory 128mb --maxmemory-policy allkeys-lru "$@"
    while alive "$name"; do
      if [[ $(redis-cli -p "$port" ping 2>/dev/null) == PONG ]]; then return 0; fi
      pause 0.05
    done
    # Another program may have taken the port since: only that is worth another attempt.
    grep -qs 'Address already in use' "$folder/$name.log" || break
  done
  give_up "$name" 'did not start'
}

# At random, so that two demonstrations that start at once do not choose the same.
choose_statsd_port() {
  for _ in {1..100}; do
    statsd_port=$((8125 + RANDOM % 1000))
    if udp_port_is_free "$statsd_port"; then break; fi
  done
}

# start_server NAME FIRST_PORT FUNCTION: calls FUNCTION with ports from FIRST_PORT on until what it
# starts under that NAME answers at $url/-/ready.
start_server() {
  local name=$1 first=$2 function=$3 port deadline=$((SECONDS + 60))
  for ((port = first; port < first + 100; ++port)); do
    port_is_free "$port" || continue
    url=http://127.0.0.1:$port
    "$function" "$port"
    while alive "$name"; do
      if curl -fsS --max-time 2 -o "$folder/ready" "$url/-/ready" 2>/dev/null; then return 0; fi
      ((SECONDS < deadline)) || give_up "$name" 'was not ready within a minute'
      pause 0.1
    done
    # Another program may have taken the port since: only that is worth another attempt.
    grep -qi 'address already in use' "$folder/$name.log" || break
  done
  give_up "$name" 'did not start'
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

# Root may as a rule, others with CAP_NET_RAW (13).
may_capture() {
  local capabilities
  capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
  ((16#$capabilities >> 13 & 1))
}

start_hitwatch() {
  mkdir "$folder/state"
  cp "$here/tenant_rules.yaml" "$folder"
  cat >"$folder/hitwatch.yaml" <<END
targets:
  - {url: "redis://127.0.0.1:$redis_port", alias: demo}
  - {url: "redis://127.0.0.1:$replica_port", alias: demo-replica}
$(fleet_targets)
poll: {interval: 1s, timeout: 900ms}
keys:
  patterns:
    - {match: "session:*"}
    - {match: "llm-response:*"}
    - {match: "{type}:{tenant}:*", tenant: required}
  sample: {interval: 5s}
tap: {enabled: $captures}
apps: {statsd: {listen: ["udp://127.0.0.1:$statsd_port"]}}
storage: {path: $folder/state}
rules: {files: [tenant_rules.yaml], evaluation_interval: 1s}
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
  run_hitwatch() {
    start hitwatch "$build/hitwatch" run --config "$folder/hitwatch.yaml" \
      --web.listen-address "127.0.0.1:$1" ${otlp:+--otlp "$otlp"}
  }
  start_server hitwatch 9121 run_hitwatch
  web=$url
}

start_prometheus() {
  [[ -n $with_prometheus ]] || return 0
  # Everything each second, as the daemon does here; the rules are the daemon's own files.
  cat >"$folder/prometheus.yml" <<END
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: ["$rules/*.yaml", "$here/tenant_rules.yaml"]
scrape_configs:
  - job_name: redis
    honor_labels: true
    static_configs: [{targets: ["${web#http://}"]}]
END
  run_prometheus() {
    start prometheus prometheus --config.file="$folder/prometheus.yml" \
      --storage.tsdb.path="$folder/prometheus.d" --web.listen-address="127.0.0.1:$1" \
      --enable-feature=exemplar-storage --log.level=warn
  }
  start_server prometheus 9090 run_prometheus
  prometheus=$url
}

write_addresses() {
  [[ -n $addresses ]] || return 0
  {
    printf 'web=%s\nredis=%s\nreplica=%s\nstatsd=%s\nsink=%s\n' "$web" "$redis_port" \
      "$replica_port" "$statsd_port" "$sink_url"
    if [[ -n $with_prometheus ]]; then printf 'prometheus=%s\n' "$prometheus"; fi
  } >"$addresses.new"
  mv "$addresses.new" "$addresses" # at once with all its lines
}

# What each tenant's lookups were like in the last ten seconds, on one line.
hit_ratios() {
  # As the application reports them: the tap sees the same.
  local tenants='tenant!="",source="statsd"' window='[10s]' line text=''
  while read -r line; do
    if [[ $line =~ tenant=\"([^\"]+)\".*\ =\>\ ([0-9.]+) ]]; then
      text+=$(printf '  %s %.0f%%' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}")
    fi
  done < <("$build/hitwatch" query --url "$web" "round(100 * sort_desc(
    sum by (tenant) (rate(cache_hits_total{$tenants}$window)) / (
      sum by (tenant) (rate(cache_hits_total{$tenants}$window)) +
      sum by (tenant) (rate(cache_misses_total{$tenants}$window)))))" 2>/dev/null)
  printf 'hit ratio:%s' "${text:-  no lookups yet}"
}

# tell TEXT: a line that stays.
tell() {
  if [[ -t 1 ]]; then printf '\r\033[K'; fi
  printf '%5d s  %s\n' "$SECONDS" "$1"
}

# The ratios as they are: rewritten in place on a terminal, elsewhere a line a minute.
next_line=0
tell_ratios() {
  if [[ -t 1 ]]; then
    printf '\r\033[K%5d s  %s' "$SECONDS" "$(hit_ratios)"
  elif ((SECONDS >= next_line)); then
    next_line=$((SECONDS + 60))
    tell "$(hit_ratios)"
  fi
}

declare -A shown_lines=([sink]=1 [spans]=1) # the first says where it listens

# What came to the receiver NAME since the last time: in $received.
take_received() {
  received=()
  [[ -n ${pids[$1]:-} ]] || return 0
  mapfile -t -s "${shown_lines[$1]}" received <"$folder/$1.log"
  shown_lines[$1]=$((shown_lines[$1] + ${#received[@]}))
}

told_alert=
# The first notification in full, of later ones what they say of alerts.
show_notifications() {
  take_received sink
  ((${#received[@]})) || return 0
  local line
  if [[ -z $told_alert ]]; then
    told_alert=yes
    tell "the webhook has come; $(hit_ratios)"
    printf '         %s\n' "${received[@]}"
    return 0
  fi
  for line in "${received[@]}"; do
    if [[ $line =~ ^\ +((firing|resolved)\ +[A-Z].*) ]]; then tell "${BASH_REMATCH[1]}"; fi
  done
}

show_spans() {
  take_received spans
  ((${#received[@]})) || return 0
  tell 'spans have come:'
  printf '         %s\n' "${received[@]}"
}

told_shift=
show_shift() {
  if [[ -z $told_shift ]] && ((SECONDS >= shift_after)); then
    told_shift=yes
    tell "$(hit_ratios)"
    tell 'now globex asks for ids that nobody has asked for before, as a crawler would'
    fail_orders_over
  fi
}

# shellcheck source=deploy/demo/fleet.sh
source "$here/fleet.sh"

rules=$here/../../rules/bundled
start_redis redis
redis_port=$port
start_redis replica --replicaof 127.0.0.1 "$redis_port"
replica_port=$port
start_fleet
choose_statsd_port
captures=false
if may_capture; then captures=true; fi
start_sink
start_spans
start_hitwatch
start_prometheus
start application "$build/deploy/demo/hitwatch_demo_traffic" --port "$redis_port" \
  --statsd-port "$statsd_port" --shift-after "$shift_after"
alerts=$(cat "$rules"/*.yaml | grep -c '^ *- alert:')
SECONDS=0
write_addresses

cat <<END
Here are a Redis with a replica, an application that keeps data of the tenants acme, globex and initech in
it and reports its lookups, hitwatch with its $alerts alerts and one of this demonstration, and a receiver of
webhooks. After $shift_after s globex starts to miss; some ten seconds later a webhook says so, shown below.

  open this   $web/
END
if [[ -n $with_fleet ]]; then
  printf '  fleet       a cluster "shop" of %s; sentinels of "orders"\n' "${#nodes[@]} nodes"
fi
if [[ -n $with_prometheus ]]; then printf '  prometheus  %s/graph\n' "$prometheus"; fi
cat <<END
  metrics     $web/metrics
  tenants     $build/hitwatch top --url $web
  keys        $build/hitwatch keys --config $folder/hitwatch.yaml demo
  alerts      $build/hitwatch query --url $web ALERTS
END
if [[ $captures == true ]]; then
  printf '  wire tap    %s tap --port %s\n' "$build/hitwatch" "$redis_port"
else
  printf '  wire tap    off: to capture packets takes root, or the capability CAP_NET_RAW\n'
fi
if [[ -n $otlp ]]; then printf '  spans       to %s\n' "$otlp"; fi
printf '\nCtrl-C stops all of it.\n\n'
while ((seconds == 0 || SECONDS < seconds)); do
  pause 2
  for name in "${!pids[@]}"; do
    alive "$name" || give_up "$name" 'ended'
  done
  show_shift
  show_notifications
  show_spans
  tell_ratios
done
