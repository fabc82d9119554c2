#!/usr/bin/env bash
# Runs the console in Debian's Chromium. In CI, installs Chromium if it is missing; elsewhere, the tests are then skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if [ -n "${CI:-}" ] && ! [ -x /usr/bin/chromium ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium
fi
exec node --test --test-concurrency=1 --test-timeout=600000 ./*.browser.ts
