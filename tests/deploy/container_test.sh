#!/usr/bin/env bash
# What the container image would hold is enough to run the daemon, and nothing else can be run in it:
# container_test.sh HITWATCH. The folder that deploy/container/rootfs.sh assembles is entered as a
# container would be: as its user, with a root that cannot be written. Needs root, or a kernel that lets
# others have namespaces of their own.
set -euo pipefail
hitwatch=$(realpath "${1:?Usage: container_test.sh HITWATCH}")
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d -t hitwatch-container.XXXXXX)
root=$work/root
daemon=

stop() {
  if [[ -n $daemon ]]; then
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" || true
  fi
  rm -rf "$work"
}
trap stop EXIT

failures=0
remark() {
  printf 'FAILED: %s\n' "$*" >&2
  failures=$((failures + 1))
}

"$source/deploy/container/rootfs.sh" "$hitwatch" "$root"
mkdir "$root/etc/hitwatch/check"
cat >"$root/etc/hitwatch/check/hitwatch.yaml" <<'END'
targets: []
apps: {statsd: {listen: ["unixgram:///run/hitwatch/statsd.sock"]}}
web: {listen_address: "127.0.0.1:0"}
notify:
  route: {receiver: nobody, mute_time_intervals: [], routes: [{receiver: nobody, mute_time_intervals: [night]}]}
  receivers: [{name: nobody}]
  time_intervals: [{name: night, time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}], location: Asia/Tokyo}]}]
END

# inside COMMAND…: in a container as Kubernetes and compose would make it, with tmpfs where it may write.
if [[ $(id -u) == 0 ]]; then
  inside() {
    # shellcheck disable=SC2016 # the inner shell's own
    exec unshare --mount --ipc --uts sh -c '
      root=$1; shift
      mount --bind "$root" "$root" && mount -t proc proc "$root/proc" &&
        mount -t tmpfs -o mode=700,uid=65532,gid=65532 state "$root/var/lib/hitwatch" &&
        mount -t tmpfs -o mode=755,uid=65532,gid=65532 run "$root/run/hitwatch" &&
        mount -o remount,ro,bind "$root" &&
        exec env -i LANG=C.UTF-8 /usr/sbin/chroot --userspec=65532:65532 --groups= "$root" "$@"' sh "$root" "$@"
  }
else
  inside() { exec unshare --map-root-user env -i LANG=C.UTF-8 /usr/sbin/chroot "$root" "$@"; }
fi

nothing_else_can_be_run() {
  local programs
  programs=$(find "$root" -type f -perm /111 -not -name '*.so*' -printf '/%P\n')
  [[ $programs == /usr/bin/hitwatch ]] || remark "programs in the image: $programs"
  [[ ! -e $root/bin/sh ]] || remark 'there is a shell'
  local special
  special=$(find "$root" -perm /6000 -printf '/%P\n')
  [[ -z $special ]] || remark "set-user-id or set-group-id: $special"
}

what_it_needs_is_there() {
  local text
  text=$(inside /usr/bin/hitwatch version) || remark 'hitwatch version fails'
  [[ $text == hitwatch\ * ]] || remark "hitwatch version says: $text"
  # A time interval needs its time zone.
  text=$(inside /usr/bin/hitwatch check config /etc/hitwatch/check/hitwatch.yaml 2>&1) ||
    remark "the configuration is refused: $text"
  # OpenSSL looks for authorities in cert.pem of its own folder.
  local folder
  folder=$(openssl version -d | sed 's/.*"\(.*\)"/\1/')
  local authorities
  authorities=$(grep -c 'BEGIN CERTIFICATE' "$root$(readlink "$root$folder/cert.pem")") || true
  ((authorities > 100)) || remark "there are ${authorities:-no} authorities"
  grep -q '^Version: ' "$root/var/lib/dpkg/status.d/libc6" || remark 'the packages are not named'
  [[ -s $root/usr/share/doc/libssl3/copyright ]] || remark 'the copyright of libraries is missing'
}

the_daemon_runs_and_says_that_it_is_well() {
  : >"$work/log"
  (inside /usr/bin/hitwatch run --config /etc/hitwatch/check/hitwatch.yaml) >"$work/log" 2>&1 &
  daemon=$!
  local port='' deadline=$((SECONDS + 30))
  until port=$(sed -n 's/.*msg="hitwatch is running".* port=\([0-9]*\)$/\1/p' "$work/log") && [[ -n $port ]]; do
    if ! kill -0 "$daemon" 2>/dev/null || ((SECONDS > deadline)); then
      remark "the daemon does not listen: $(cat "$work/log")"
      return
    fi
    sleep 0.05
  done
  # What the image's HEALTHCHECK runs, but for the port.
  local said
  said=$(inside /usr/bin/hitwatch check health --url "http://127.0.0.1:$port" 2>&1) ||
    remark "the health check fails: $said"
  [[ $said == 'hitwatch is healthy.' ]] || remark "the health check says: $said"
  local metrics
  metrics=$(curl -sf "http://127.0.0.1:$port/metrics") || remark 'no metrics'
  [[ $metrics == *process_resident_memory_bytes* ]] || remark 'no figures of the process'
  if [[ $(id -u) == 0 ]]; then
    [[ $(awk '/^Uid:/ {print $2}' "/proc/$daemon/status") == 65532 ]] || remark 'it runs as another user'
  fi
  if grep -E 'level=(warning|error)' "$work/log"; then remark 'it complains'; fi
  # As the first process of a container it ends when it is told to.
  kill "$daemon"
  wait "$daemon" || remark "it ends with $?"
  daemon=
}

nothing_else_can_be_run
what_it_needs_is_there
the_daemon_runs_and_says_that_it_is_well
((failures == 0))
