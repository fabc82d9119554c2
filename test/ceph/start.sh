#!/usr/bin/env bash
# Starts a real Ceph with S3 and STS on 127.0.0.1: one monitor, one in-memory OSD, one RADOS Gateway.
#
#   start.sh STATE_DIR    does nothing if it is already running
#   stop.sh STATE_DIR     stops it; its data was in memory
#
# CEPH_PORT=7480: the gateway's port; the next twelve belong to the monitor and the OSD.
# GOOGLE_PROXY=http://127.0.0.1:7500: the proxy that only the gateway uses, to reach accounts.google.com.
# Requires root.
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,9p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
state=$(cd "$1" && pwd)
: "${CEPH_PORT:=7480}" "${GOOGLE_PROXY:=http://127.0.0.1:7500}"
mon="[v2:127.0.0.1:$((CEPH_PORT + 1))/0,v1:127.0.0.1:$((CEPH_PORT + 2))/0]"

fail() { echo "start.sh: $*" >&2; exit 1; }
until_true() { # SECONDS WHAT COMMAND...
  local left=$(($1 * 20)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || fail "$what did not start in time; the logs are in $state/log"
    sleep 0.05
  done
}
answers() { curl -sf -o /dev/null --max-time 2 "http://127.0.0.1:$CEPH_PORT/"; }

running() { local pid; pid=$(cat "$state/run/client.rgw.pid" 2> /dev/null) && [ -d "/proc/$pid" ] && answers; }
running && exit 0

"$here/install.sh" || fail 'the packages could not be installed'

# Removes everything left from an earlier run: without its data, which was in memory, it is useless.
"$here/stop.sh" "$state"
rm -rf "$state"/{mon,osd,rgw,run,log}
mkdir -p "$state"/{mon,osd,rgw,run,log}
unset CEPH_ARGS CEPH_CONF CEPH_KEYRING
conf="$state/ceph.conf"
cat > "$conf" << CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = $mon
public addr = 127.0.0.1
cluster addr = 127.0.0.1
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind ipv6 = false
ms bind port min = $((CEPH_PORT + 3))
ms bind port max = $((CEPH_PORT + 12))
auth cluster required = none
auth service required = none
auth client required = none
# The gateway requests encryption, which 'none' cannot provide: without this setting it hangs for five minutes.
ms mon client mode = crc
osd pool default size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
paxos propose interval = 0.05
mon cluster log file = $state/log/cluster.log
run dir = $state/run
admin socket =
log file = $state/log/\$name.log
pid file = $state/run/\$name.pid
[mon.a]
mon data = $state/mon
[osd.0]
osd data = $state/osd
osd objectstore = memstore
memstore device bytes = $((4 << 30))
osd class update on start = false
osd fast shutdown = false
[client.rgw]
rgw data = $state/rgw
# Without tcp_nodelay every small response takes 44 ms.
rgw frontends = beast endpoint=127.0.0.1:$CEPH_PORT tcp_nodelay=1
rgw enable apis = s3, sts, iam, admin
# A CDN sends requests with the name of the bucket in the host name.
rgw dns name = s3.us-east-1.amazonaws.com
rgw sts key = $(head -c 8 /dev/urandom | od -An -tx1 | tr -d ' \n')
rgw s3 auth use sts = true
# Ceph's default minimum is AWS's 900 s. Tests need credentials that expire sooner.
rgw sts min session duration = 1
# The test creates its certificate.
rgw verify ssl = false
rgw run sync thread = false
rgw enable lc threads = false
CONF

monmaptool --create --fsid "$(awk '/^fsid/ { print $3 }' "$conf")" --set-min-mon-release pacific \
  --addv a "$mon" "$state/monmap" --clobber > /dev/null
ceph-mon -c "$conf" --mkfs -i a --monmap "$state/monmap" 2> "$state/log/mkfs.log" || fail "ceph-mon --mkfs; see $state/log/mkfs.log"
ceph-mon -c "$conf" -i a

uuid=$(cat /proc/sys/kernel/random/uuid)
timeout 30 ceph -c "$conf" osd new "$uuid" > /dev/null || fail 'the monitor does not respond'
ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$uuid" 2>> "$state/log/mkfs.log" || fail "ceph-osd --mkfs; see $state/log/mkfs.log"
ceph-osd -c "$conf" -i 0 2>> "$state/log/osd.err"
until_true 30 'the OSD' sh -c "timeout 10 ceph -c '$conf' osd stat | grep -q '1 up'"

https_proxy="$GOOGLE_PROXY" http_proxy='' no_proxy=127.0.0.1 radosgw -c "$conf" -n client.rgw 2>> "$state/log/rgw.err"
until_true 30 'the gateway' answers
