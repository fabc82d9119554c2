#!/bin/sh
# Packs everything that a VM needs into one archive: the programs, the Node that created their caches, the units and the installer.
#
#   sh deploy/gce/pack.sh FILE.tar.gz     (or any suffix that GNU tar knows)
#
# Run it in a clone, after npm ci, on a machine with the VM's architecture.
set -eu

if [ $# -ne 1 ]; then
  echo 'Usage: sh deploy/gce/pack.sh FILE.tar.gz' >&2
  exit 2
fi
clone=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
node=$clone/node_modules/.bin/node
if [ ! -x "$node" ]; then
  echo "pack.sh: node_modules: must be installed in $clone, but is not. Run npm ci there." >&2
  exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
"$node" "$clone/deploy/image-tree.ts" "$work/fedbridge"
mkdir "$work/fedbridge/bin" "$work/fedbridge/gce"
cp "$("$node" -p process.execPath)" "$work/fedbridge/bin/node"
cp "$clone/deploy/gce/install.sh" "$clone/deploy/gce/fedbridge@.service" "$clone/deploy/gce/fedbridge.target" "$work/fedbridge/gce/"
tar -caf "$1" -C "$work" fedbridge
