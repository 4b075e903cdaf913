#!/usr/bin/env bash
# Assembles what the container image holds: rootfs.sh PROGRAM FOLDER. That is the program, the
# libraries it was linked with, the certificates of authorities, time zones, descriptions of
# terminals (for `hitwatch top`), and two users. No shell, no package manager, nothing else that can
# be run. Of each Debian package that a file is from, the copyright and what dpkg says of it come
# along, so that scanners of images know the versions.
set -euo pipefail

program=$(realpath "${1:?Usage: rootfs.sh PROGRAM FOLDER}")
root=${2:?Usage: rootfs.sh PROGRAM FOLDER}
user=65532 # who runs it; nobody else has this number

if [[ -n $(ls -A "$root" 2>/dev/null) ]]; then
  echo "rootfs.sh: $root is not empty" >&2
  exit 1
fi
umask 022
mkdir -p "$root"/{etc/hitwatch,etc/ssl/certs,proc,sys,dev,run,tmp,usr/bin,usr/lib,usr/lib64,var/lib/dpkg/status.d}
ln -s usr/bin "$root/bin"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
chmod 1777 "$root/tmp"

install -m 755 "$program" "$root/usr/bin/hitwatch"
strip --strip-unneeded "$root/usr/bin/hitwatch"

packages=(ca-certificates tzdata ncurses-base)
libraries() {
  local loaded
  loaded=$(ldd "$program")
  if grep -q 'not found' <<<"$loaded"; then
    grep 'not found' <<<"$loaded" >&2
    return 1
  fi
  # "name => /path (address)", and the loader, which has a path only.
  sed -nE 's#^[[:space:]]*([^ ]+ => )?(/[^ ]+) \(0x[0-9a-f]+\)$#\2#p' <<<"$loaded"
}

mapfile -t found < <(libraries)
((${#found[@]})) || exit 1
for library in "${found[@]}"; do
  place=usr/${library#/}
  install -D -m 755 "$(realpath "$library")" "$root/${place/#usr\/usr/usr}"
done

# dpkg lists some of them under /lib and some under /usr/lib, which are one folder.
mapfile -t places < <(
  realpath "${found[@]}" | sed 's|^/usr||'
  realpath "${found[@]}"
)
mapfile -t owners < <(dpkg-query -S "${places[@]}" 2>/dev/null | sed 's/[:,].*//' | sort -u)
packages+=("${owners[@]}")

# The authorities as one file, where OpenSSL looks first.
install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
mkdir -p "$root/usr/lib/ssl"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"

mkdir -p "$root/usr/share/zoneinfo"
(cd /usr/share/zoneinfo && tar -cf - --exclude=./right --exclude=./posix .) |
  tar -xf - -C "$root/usr/share/zoneinfo"
for terminal in xterm xterm-256color screen screen-256color tmux tmux-256color linux vt100; do
  description=/lib/terminfo/${terminal:0:1}/$terminal
  [[ ! -e $description ]] || install -D -m 644 "$description" "$root/usr$description"
done

printf 'root:x:0:0:root:/nonexistent:/nonexistent\nhitwatch:x:%s:%s:hitwatch:/var/lib/hitwatch:/nonexistent\n' \
  "$user" "$user" >"$root/etc/passwd"
printf 'root:x:0:\nhitwatch:x:%s:\n' "$user" >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
# What the daemon writes to; who lays the image gives them to the user.
install -d -m 700 "$root/var/lib/hitwatch"
install -d -m 755 "$root/run/hitwatch" # statsd.sock

mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
for package in "${packages[@]}"; do
  dpkg-query -s "$package" | grep -vE '^(Conffiles:| /)' >"$root/var/lib/dpkg/status.d/$package"
  if [[ -e /usr/share/doc/$package/copyright ]]; then
    install -D -m 644 "$(realpath "/usr/share/doc/$package/copyright")" \
      "$root/usr/share/doc/$package/copyright"
  fi
done
