#!/usr/bin/env bash
# The Debian package is installed, upgraded, removed and purged, in a folder of its own and by any
# user: package_life_test.sh BUILD_DIRECTORY. What an administrator has decided survives; what the
# package brought goes. That systemd then starts it is not shown here.
set -euo pipefail
build=$(realpath "${1:?Usage: package_life_test.sh BUILD_DIRECTORY}")
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d -t hitwatch-package-life.XXXXXX)
trap 'rm -rf "$work"' EXIT
root=$work/root
wanted=$root/etc/systemd/system/multi-user.target.wants/hitwatch.service
config=$root/etc/hitwatch/hitwatch.yaml

fail() {
  printf 'FAILED: %s\n--- dpkg said:\n' "$*" >&2
  cat "$work/output" >&2
  exit 1
}
# There are no libraries in the folder, and its scripts run outside of it with DPKG_ROOT set.
in_folder() {
  dpkg --root="$root" --force-not-root,script-chrootless,depends,confold --log="$work/dpkg.log" \
    "$@" >"$work/output" 2>&1 || fail "dpkg $* failed"
}
is_enabled() { [[ -L $wanted ]]; }

mkdir -p "$root/var/lib/dpkg"/{info,updates,triggers}
touch "$root/var/lib/dpkg"/{status,available}
package=$("$source/deploy/debian/package.sh" "$build" "$work")

in_folder --install "$package"
[[ $(dpkg-query --admindir="$root/var/lib/dpkg" -W -f='${db:Status-Abbrev}' hitwatch) == 'ii ' ]] ||
  fail 'it is not installed'
is_enabled || fail 'the service would not start at the next boot'
[[ -x $root/usr/bin/hitwatch && -f $config ]] || fail 'the program or its configuration is missing'

# Disabled and edited by an administrator, then upgraded.
DPKG_MAINTSCRIPT_PACKAGE=hitwatch DPKG_ROOT=$root deb-systemd-helper disable hitwatch.service >/dev/null 2>&1
is_enabled && fail 'it could not be disabled'
echo 'targets: []' >"$config"
in_folder --install "$package"
is_enabled && fail 'an upgrade enabled what was disabled'
[[ $(cat "$config") == 'targets: []' ]] || fail 'an upgrade replaced an edited configuration'

# Removed: the configuration and what was learnt stay for the next installation.
DPKG_MAINTSCRIPT_PACKAGE=hitwatch DPKG_ROOT=$root deb-systemd-helper enable hitwatch.service >/dev/null 2>&1
mkdir -p "$root/var/lib/private/hitwatch"
ln -s private/hitwatch "$root/var/lib/hitwatch"
touch "$root/var/lib/hitwatch/state.db"
in_folder --remove hitwatch
[[ ! -e $root/usr/bin/hitwatch ]] || fail 'the program is still there after its removal'
[[ $(cat "$config") == 'targets: []' ]] || fail 'the configuration went with the program'
[[ -e $root/var/lib/hitwatch/state.db ]] || fail 'its state went with the program'
in_folder --install "$package"
is_enabled || fail 'it is not enabled after it was removed and installed again'

in_folder --purge hitwatch
left=$(find "$root" -not -type d -not -path "$root/var/lib/dpkg/*")
[[ -z $left ]] || fail "purged, it left $left"
left=$(find "$root" -name 'hitwatch*' -not -path "$root/var/lib/dpkg/*")
[[ -z $left ]] || fail "purged, it left $left"
