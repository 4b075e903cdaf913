#!/usr/bin/env bash
# Makes the Debian package of a build tree: package.sh BUILD_DIRECTORY OUTPUT_DIRECTORY.
# Prints the path of the package. The same build gives the same package, byte by byte, when
# SOURCE_DATE_EPOCH says which time its files should bear.
set -euo pipefail

build=$(realpath "${1:?Usage: package.sh BUILD_DIRECTORY OUTPUT_DIRECTORY}")
output=${2:?Usage: package.sh BUILD_DIRECTORY OUTPUT_DIRECTORY}
source=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

work=$(mktemp -d -t hitwatch-package.XXXXXX)
trap 'rm -rf "$work"' EXIT
stage=$work/debian/hitwatch
mkdir -p "$stage/DEBIAN" "$output"

version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
architecture=$(dpkg --print-architecture)
: "${SOURCE_DATE_EPOCH:=$(git -C "$source" log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH

# What the status page, which the program holds, says of the chart library in it.
notice_of_the_page() {
  local notice
  notice=$(sed -n '/^Charts: uPlot/,/^THE SOFTWARE\.$/p' "$source/../../agent/page/status.html")
  [[ $notice == *'MIT License'*Copyright*'AS IS'* ]] || {
    echo "package.sh: agent/page/status.html has no notice of uPlot" >&2
    exit 1
  }
  echo "$notice"
}

install_files() {
  umask 022
  DESTDIR=$stage cmake --install "$build" --prefix /usr --strip >/dev/null
  local doc=$stage/usr/share/doc/hitwatch
  mkdir -p "$doc"
  {
    echo 'Copyright: the authors of hitwatch'
    echo
    echo 'The status page in the program contains code of others:'
    echo
    notice_of_the_page
  } >"$doc/copyright"
  printf 'hitwatch (%s) stable; urgency=medium\n\n  * Version %s.\n\n -- %s  %s\n' "$version" \
    "$version" "$maintainer" "$(date -R -u -d "@$SOURCE_DATE_EPOCH")" >"$doc/changelog"
  gzip -9n "$doc/changelog" "$stage/usr/share/man/man1/hitwatch.1"
}

# The libraries the program was linked with, as the packages that bring them.
library_packages() {
  (
    cd "$work"
    printf 'Source: hitwatch\n\nPackage: hitwatch\nArchitecture: any\n' >debian/control
    dpkg-shlibdeps -O debian/hitwatch/usr/bin/hitwatch | sed -n 's/^shlibs:Depends=//p'
  )
}

write_control() {
  local depends
  depends=$(library_packages)
  [[ -n $depends ]] || {
    echo "package.sh: dpkg-shlibdeps found no libraries" >&2
    exit 1
  }
  cat >"$stage/DEBIAN/control" <<END
Package: hitwatch
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size --exclude=DEBIAN "$stage" | cut -f1)
Depends: $depends
Recommends: ca-certificates, libpcap0.8, tzdata
Suggests: prometheus, redis-server
Section: net
Priority: optional
Description: watch Redis caches, tell of their alerts, export Prometheus metrics
 hitwatch polls Redis servers (Valkey, Sentinel and cluster nodes too) over one
 kept connection each and serves what they say about themselves to Prometheus:
 hits and misses, memory, latencies, slow commands, replication and more. A
 scrape asks the servers for nothing, and a server that hangs delays no scrape.
 .
 It judges alert rules, those that come with it and Prometheus rule files of
 yours, and tells people by webhook (Slack, PagerDuty and others) or through an
 Alertmanager; alerts can be grouped, silenced and sent anew. It has a status
 page, dashboards for Grafana, and runbooks for its alerts.
 .
 It takes the place of redis_exporter with the same metric names and options.
END
  (cd "$stage" && find etc -type f -printf '/%p\n' | sort) >"$stage/DEBIAN/conffiles"
  (cd "$stage" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$stage/DEBIAN/md5sums"
  local script
  for script in postinst prerm postrm; do
    install -m 755 "$source/$script" "$stage/DEBIAN/$script"
  done
  find "$stage" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

maintainer='hitwatch maintainers <hitwatch@localhost>'
install_files
write_control
package=$output/hitwatch_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$stage" "$package" >/dev/null
echo "$package"
