#!/usr/bin/env bash
# Installs the missing Debian packages that start.sh needs. Requires root.
set -euo pipefail
missing=()
for package in ceph-mon ceph-osd radosgw ceph-common curl openssl; do
  [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2> /dev/null)" = 'ii ' ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

# RUNLEVEL=1 keeps the packages' services from starting automatically.
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
get=(apt-get -qq -o DPkg::Lock::Timeout=120)
install=("${get[@]}" install -y --no-install-recommends "${missing[@]}")
# Updates the package lists and retries, because they may be missing on a new machine or outdated on an old one.
"${install[@]}" > /dev/null 2>&1 || { "${get[@]}" update && "${install[@]}"; } > /dev/null
