#!/usr/bin/env bash
# The Debian package holds what an installation needs, and what it holds is fit for use:
# package_test.sh BUILD_DIRECTORY. Nothing is installed on this machine.
set -euo pipefail
build=$(realpath "${1:?Usage: package_test.sh BUILD_DIRECTORY}")
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d -t hitwatch-package-test.XXXXXX)
trap 'rm -rf "$work"' EXIT

failures=0
remark() {
  printf 'FAILED: %s\n' "$*" >&2
  failures=$((failures + 1))
}
# check WHAT COMMAND…: the command must succeed; its output is shown if it does not.
check() {
  local what=$1 output
  shift
  output=$("$@" 2>&1) || remark "$what"$'\n'"$output"
}

package=$("$source/deploy/debian/package.sh" "$build" "$work")
root=$work/root
dpkg-deb --extract "$package" "$root"
dpkg-deb --control "$package" "$work/control"
field() { dpkg-deb --field "$package" "$1"; }

the_files_are_there() {
  local path
  for path in usr/bin/hitwatch usr/lib/systemd/system/hitwatch.service etc/hitwatch/hitwatch.yaml \
    usr/share/man/man1/hitwatch.1.gz usr/share/bash-completion/completions/hitwatch \
    usr/share/doc/hitwatch/copyright usr/share/doc/hitwatch/changelog.gz \
    usr/share/doc/hitwatch/examples/prometheus.yml usr/share/doc/hitwatch/examples/users.acl \
    usr/share/doc/hitwatch/examples/{credentials.conf,tap.conf,node/{cache,example}.mjs,python/cache.py} \
    usr/share/doc/hitwatch/examples/cpp/{cache.h,cache.cc,main.cc} \
    usr/share/hitwatch/hitwatch.schema.json \
    usr/share/hitwatch/dashboards/{cache-overview,tenants,redis-server,fleet,hitwatch}.json; do
    [[ -f $root/$path ]] || remark "/$path is missing"
  done
  if [[ -e $source/README.md ]]; then
    check 'the README is missing' test -f "$root/usr/share/doc/hitwatch/README.md"
  fi
  local strange
  strange=$(dpkg-deb --contents "$package" | awk '$2 != "root/root" || substr($1, 9, 1) == "w"')
  [[ -z $strange ]] || remark "not root's, or writable by all:"$'\n'"$strange"
}

the_control_data_is_right() {
  [[ $(cat "$work/control/conffiles") == /etc/hitwatch/hitwatch.yaml ]] ||
    remark "conffiles are: $(cat "$work/control/conffiles")"
  [[ $(field Version) == "$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")" ]] ||
    remark "the version is $(field Version)"
  local library
  for library in libc6 libstdc++6 libhiredis libyaml-cpp libssl3 libncursesw6; do
    [[ $(field Depends) == *"$library"* ]] || remark "$library is not among: $(field Depends)"
  done
  check 'a checksum is wrong' bash -c "cd '$root' && md5sum --quiet -c '$work/control/md5sums'"
  local script
  for script in postinst prerm postrm; do
    check "$script is not executable" test -x "$work/control/$script"
    check "$script is no shell script" sh -n "$work/control/$script"
  done
}

the_texts_say_what_is_in_it() {
  local copyright=$root/usr/share/doc/hitwatch/copyright line word
  # The licence of the chart library that the program's page contains asks for this, word for word.
  check 'the status page has no notice' grep -q '^Permission is hereby granted' "$source/agent/page/status.html"
  while IFS= read -r line; do
    grep -qxF -- "$line" "$copyright" || remark "the copyright file lacks: $line"
  done < <(sed -n '/uPlot/,/^THE SOFTWARE\.$/p' "$source/agent/page/status.html" | sed '/^Charts: /,$!d')
  check 'the authors are not named' grep -qxF 'Copyright: the authors of hitwatch' "$copyright"
  for word in 'alert rules' webhook 'status page' dashboards; do
    tr -s ' \n' ' ' <<<"$(field Description)" | grep -qF -- "$word" || remark "the description lacks '$word'"
  done
  [[ $(field Description | wc -L) -le 80 ]] || remark 'the description has long lines'
}

the_program_runs() {
  local version
  version=$("$root/usr/bin/hitwatch" version) || remark 'hitwatch version failed'
  [[ $version == *"$(field Version)"* ]] || remark "hitwatch version says: $version"
  check 'the default configuration is refused' \
    "$root/usr/bin/hitwatch" check config "$root/etc/hitwatch/hitwatch.yaml"
}

the_examples_of_notifications_are_fit_for_use() {
  local examples=$root/usr/share/doc/hitwatch/examples/notify example name
  for example in "$source"/deploy/config/notify/*.yml "$source"/deploy/config/notify/templates/*; do
    name=${example#"$source/deploy/config/notify/"}
    check "the example notify/$name is missing or another" cmp "$example" "$examples/$name"
  done
  for example in "$examples"/*.yml; do
    name=${example##*/}
    printf 'targets: []\nnotify: {file: %s}\n' "$example" >"$work/notify.yaml"
    check "hitwatch refuses the example notify/$name" \
      "$root/usr/bin/hitwatch" check config "$work/notify.yaml"
    check "amtool refuses the example notify/$name" amtool check-config "$example"
  done
}

the_unit_is_sound() {
  local unit=$root/usr/lib/systemd/system/hitwatch.service output
  check 'the unit exposes more than 2.0 of 10' \
    systemd-analyze security --offline=true --threshold=20 --no-pager "$unit"
  # Its programs must be where it says; that is asked of the package, not of this machine.
  sed "s|/usr/bin/hitwatch|$root&|" "$unit" >"$work/hitwatch.service"
  output=$(systemd-analyze verify --man=no "$work/hitwatch.service" 2>&1 |
    grep -F "$work/hitwatch.service") || true
  [[ -z $output ]] || remark "systemd remarks on the unit:"$'\n'"$output"
}

the_manual_and_completion_work() {
  local output
  output=$(man --warnings=w -l "$root/usr/share/man/man1/hitwatch.1.gz" 2>&1 >"$work/manual")
  [[ -z $output ]] || remark "man remarks: $output"
  for word in run exporter 'check config' 'hitwatch keys' 'hitwatch top' version SIGHUP HITWATCH_URL \
    REDIS_CONNECTION_STRING; do
    grep -qF -- "$word" "$work/manual" || remark "the manual does not mention $word"
  done
  output=$(bash -c 'source "$1"; COMP_WORDS=(hitwatch run --web); COMP_CWORD=2
    _hitwatch "$2" --web run; echo "${COMPREPLY[*]}"' completion \
    "$root/usr/share/bash-completion/completions/hitwatch" "$root/usr/bin/hitwatch")
  [[ $output == '--web.listen-address --webhook' ]] || remark "--web is completed to '$output'"
}

another_prefix_is_followed() {
  DESTDIR=$work/elsewhere cmake --install "$build" --prefix /opt/hitwatch >/dev/null
  local installed=$work/elsewhere/opt/hitwatch
  check 'the unit does not name the prefix' grep -qF \
    'ExecStart=/opt/hitwatch/bin/hitwatch run --config /opt/hitwatch/etc/hitwatch/hitwatch.yaml' \
    "$installed/lib/systemd/system/hitwatch.service"
  # What somebody has edited survives the next installation.
  echo 'targets: []' >"$installed/etc/hitwatch/hitwatch.yaml"
  DESTDIR=$work/elsewhere cmake --install "$build" --prefix /opt/hitwatch >/dev/null
  check 'an edited configuration was overwritten' \
    grep -qxF 'targets: []' "$installed/etc/hitwatch/hitwatch.yaml"
}

the_files_are_there
the_control_data_is_right
the_texts_say_what_is_in_it
the_program_runs
the_examples_of_notifications_are_fit_for_use
the_unit_is_sound
the_manual_and_completion_work
another_prefix_is_followed
((failures == 0))
