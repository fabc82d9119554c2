#!/usr/bin/env bash
# Runs the real clients against the bridge; with --all, and in CI, also those runs that take a minute or two (*.large.ts).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# In CI every client has to be there; elsewhere one that is missing is skipped.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then ./install.sh || [ -z "${CI:-}" ]; fi
files=(*.client.ts)
if [ "${1:-}" = --all ] || [ -n "${CI:-}" ]; then files+=(*.large.ts); fi
exec node --test --test-concurrency=2 --test-timeout=900000 "${files[@]}"
