#!/usr/bin/env bash
# Installs the Debian packages that start.sh needs, where they are missing. Takes root.
set -euo pipefail
missing=()
for package in ceph-mon ceph-osd radosgw ceph-common curl openssl; do
  [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2> /dev/null)" = 'ii ' ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

# RUNLEVEL=1: none of their services starts by itself.
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
get=(apt-get -qq -o DPkg::Lock::Timeout=120)
install=("${get[@]}" install -y --no-install-recommends "${missing[@]}")
# A machine that is new has no lists yet, and an old one has old lists.
"${install[@]}" > /dev/null 2>&1 || { "${get[@]}" update && "${install[@]}"; } > /dev/null
