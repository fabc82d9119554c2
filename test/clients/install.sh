#!/usr/bin/env bash
# Installs the missing clients, a browser, nginx, Prometheus, and the programs that docs/how-to/ uses, all from Debian. Requires root.
set -euo pipefail
missing=()
for package in awscli chromium curl faketime jq nginx prometheus python3-boto3 python3-google-auth python3-pandas python3-requests rclone s3cmd s3fs; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}"
