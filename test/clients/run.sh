#!/usr/bin/env bash
# Runs the real clients against the bridge. With --all, and in CI, it also runs the tests that take a minute or two
# (*.large.ts). With --cloud-run the bridge runs as on Cloud Run (K_SERVICE is set).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# In CI every client must be installed; elsewhere missing ones are skipped.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then ./install.sh || [ -z "${CI:-}" ]; fi
files=(*.client.ts)
if [ -n "${CI:-}" ]; then files+=(*.large.ts); fi
for option in "$@"; do
  case $option in
    --all) [ -n "${CI:-}" ] || files+=(*.large.ts) ;;
    --cloud-run) export CLIENTS_ON_CLOUD_RUN=1 ;;
    *)
      echo "test:clients: unknown option $option; use --all or --cloud-run." >&2
      exit 2
      ;;
  esac
done
exec node --test --test-concurrency=2 --test-timeout=900000 "${files[@]}"
