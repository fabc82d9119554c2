#!/usr/bin/env bash
# Installs the missing clients, a browser, and the programs that docs/how-to/ uses, from Debian; and an AWS CLI and boto3 that are
# newer than Debian's, from PyPI. Requires root.
set -euo pipefail
missing=()
for package in awscli chromium curl jq python3-boto3 python3-google-auth python3-pandas python3-requests python3-venv rclone s3cmd s3fs; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi
current=/opt/fedbridge-clients
if [ ! -x $current/bin/aws ]; then
  python3 -m venv $current
  $current/bin/pip install --quiet awscli==1.45.11 boto3==1.43.11
fi
