#!/usr/bin/env bash
# Stops what `start.sh STATE_DIR` started, each daemon by the PID in its own PID file.
set -uo pipefail
[ $# -eq 1 ] && [ -d "$1" ] || { echo "usage: $0 STATE_DIR" >&2; exit 2; }
state=$(cd "$1" && pwd)

# True if the PID still belongs to the daemon. Another process may have reused the PID; a zombie counts as stopped.
lives() { tr '\0' ' ' < "/proc/$1/cmdline" 2> /dev/null | grep -q -- "^$2 -c $state/ceph.conf "; }

for daemon in 'client.rgw radosgw' 'osd.0 ceph-osd' 'mon.a ceph-mon'; do
  read -r name program <<< "$daemon"
  pid=$(cat "$state/run/$name.pid" 2> /dev/null) && [ -n "$pid" ] || continue
  if lives "$pid" "$program"; then
    kill -TERM "$pid"
    for _ in $(seq 100); do lives "$pid" "$program" || break; sleep 0.05; done
    lives "$pid" "$program" && kill -KILL "$pid"
  fi
  rm -f "$state/run/$name.pid"
done
exit 0
