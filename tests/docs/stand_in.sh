#!/usr/bin/env bash
# Stands in for a program while blocks of the documentation run, found through PATH under its name.
#
# Programs that run on and on are started, seen to have come up, and ended. Those that cannot run in
# a test (they would install something, or need a cluster or a network) are not: of these it is
# checked that what they name in this project is there. Why each cannot run is said below.
# DOCS_HITWATCH, DOCS_ROOT, DOCS_SCRATCH, DOCS_FOLDER and DOCS_…_PORT come from scratch.py.
set -euo pipefail
name=${0##*/}

complain() {
  printf '%s: %s\n' "$name" "$*" >&2
  exit 1
}

# The program itself, wherever it is installed.
real() {
  local folder
  local -a folders
  IFS=: read -ra folders <<<"$PATH"
  for folder in "${folders[@]}"; do
    if [[ $folder != "${0%/*}" && -x $folder/$name ]]; then
      exec "$folder/$name" "$@"
    fi
  done
  complain "not found; it is in a package that './dev deps' installs"
}

# until_up TEXT COMMAND…: the command must say TEXT and go on; then it is asked to end, and must.
until_up() {
  local text=$1 log pid status=0
  shift
  log=$(mktemp -p "$DOCS_SCRATCH" up.XXXXXX)
  "$@" >"$log" 2>&1 &
  pid=$!
  for _ in {1..400}; do
    if grep -q "$text" "$log"; then break; fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  grep -q "$text" "$log" || status=1
  kill -TERM "$pid" 2>/dev/null || status=1
  wait "$pid" || true
  cat "$log"
  ((status == 0)) || complain "'$*' did not come up"
  exit 0
}

# Where what runs on would listen is another's, or another test's: it gets a free port instead.
arguments=()
without_flag() { # NAME ARGUMENT…
  local flag=$1
  shift
  arguments=()
  while (($#)); do
    if [[ $1 == "$flag" ]]; then
      shift 2
    elif [[ $1 == "$flag="* ]]; then
      shift
    else
      arguments+=("$1")
      shift
    fi
  done
}

run_hitwatch() {
  case ${1:-} in
    run | exporter)
      without_flag --web.listen-address "$@"
      # Settings that keep it off the addresses that are everybody's.
      if [[ $1 == run && " $* " != *' --config'* ]]; then
        arguments+=(--config "$DOCS_SCRATCH/quiet.yaml")
      fi
      until_up 'hitwatch is running' "$DOCS_HITWATCH" "${arguments[@]}" --web.listen-address=127.0.0.1:0
      ;;
    sink)
      without_flag --listen "$@"
      until_up 'listening on' "$DOCS_HITWATCH" "${arguments[@]}" --listen 127.0.0.1:0
      ;;
    keys)
      if [[ " $* " == *' --watch'* ]]; then
        until_up ' keys' "$DOCS_HITWATCH" "$@"
      fi
      exec "$DOCS_HITWATCH" "$@"
      ;;
    tap)
      # Listening takes rights that a test does not have; the arguments must be those it knows.
      if [[ " $* " != *' --read '* ]]; then exec "$DOCS_HITWATCH" "$@" --help; fi
      exec "$DOCS_HITWATCH" "$@"
      ;;
    classify | notify)
      # Where these look when they are not told.
      if [[ " $* " != *' --config'* && " $* " != *' --help'* && ${2:-} != @(pending|dead|resend) ]]; then
        local -i words=1
        if [[ $1 == notify ]]; then words=2; fi
        exec "$DOCS_HITWATCH" "${@:1:words}" --config "$DOCS_FOLDER/hitwatch.yaml" "${@:words+1}"
      fi
      exec "$DOCS_HITWATCH" "$@"
      ;;
    *) exec "$DOCS_HITWATCH" "$@" ;;
  esac
}

# The server of the test for any other; port 26379 is a sentinel's, and hosts named node-… are of a
# cluster. What it refuses fails the command.
ask_redis() {
  local port=$DOCS_REDIS_PORT
  if [[ " $* " == *' -p 26379 '* ]]; then port=$DOCS_SENTINEL_PORT; fi
  if [[ " $* " == *' -h node-'* ]]; then port=$DOCS_CLUSTER_PORT; fi
  arguments=()
  while (($#)); do
    case $1 in
      -h | -p) shift 2 ;;
      -u | -s) real -e "$@" ;;
      *)
        arguments+=("$1")
        shift
        ;;
    esac
  done
  real -e -p "$port" "${arguments[@]}"
}

# What an argument names below the project's folders must be there.
names_what_exists() {
  local argument path
  for argument in "$@"; do
    path=${argument#*=}
    path=${path#@}
    path=${path#./}
    case $path in
      *[*?]* | *://*) ;;
      deploy/* | dashboards/* | docs/* | rules/* | tests/* | agent/*)
        [[ -e $DOCS_ROOT/${path%%:*} ]] || complain "there is no $path"
        ;;
    esac
  done
}

# ./dev builds and runs for minutes; its commands and flags must be those it knows.
check_dev() {
  local help flag
  help=$("$DOCS_ROOT/dev" help)
  grep -qE "^  ${1:-help}( |\$)" <<<"$help" || complain "./dev has no command '${1:-}'"
  case $1 in
    bench) [[ -z ${2:-} || -e $DOCS_ROOT/tests/bench/bench_$2.cc ]] || complain "no benchmark '$2'" ;;
    fuzz) [[ -z ${2:-} || -e $DOCS_ROOT/tests/fuzz/${2}_fuzz.cc ]] || complain "no fuzzer '$2'" ;;
    *)
      for flag in "${@:2}"; do
        [[ $flag != --* ]] || grep -q -- "${flag%%=*}" <<<"$help" || complain "./dev knows no $flag"
      done
      ;;
  esac
}

case $name in
  hitwatch) run_hitwatch "$@" ;;
  redis-cli) ask_redis "$@" ;;
  curl) real --fail-with-body --silent --show-error --max-time 10 "$@" ;;
  dev) check_dev "$@" ;;
  # Ask for a password, and change who runs what.
  sudo) exec "$@" ;;
  # Installs packages.
  apt | apt-get | dpkg) names_what_exists "$@" ;;
  # Ask systemd, which a test does not have.
  systemctl | journalctl) ;;
  # Fetch images and talk to a daemon; to a cluster; to a cloud.
  docker | podman | docker-compose | kubectl | helm | terraform) names_what_exists "$@" ;;
  # Fetches this project.
  git) [[ ${1:-} == clone ]] || real "$@" ;;
  # Programs that this machine need not have, whose commands are shown to compare.
  redis_exporter | statsd_exporter | grafana-cli) ;;
  *) complain 'nobody has said how to stand in for this' ;;
esac
