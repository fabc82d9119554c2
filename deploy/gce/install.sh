#!/bin/sh
# Installs or updates the bridge on a Debian VM: one process per core, all on one port.
#
#   sh fedbridge/gce/install.sh CONFIG.yaml
#
# Run it as root, from the directory that an archive of pack.sh unpacks to. A startup script may run it at each boot: unchanged
# files are not touched. Running processes reload a changed configuration. If the programs change, the processes restart one
# after the other, so that at least one serves the port. On a machine with one core, nothing serves the port during the restart.
# With ROOT=DIR, the script installs below DIR, the root of a machine image under construction, and starts nothing.
set -eu
umask 022

# fail FIELD RULE REMEDY
fail() {
  printf 'install.sh: %s: %s. %s\n' "$1" "$2" "$3" >&2
  exit 1
}

if [ $# -ne 1 ]; then
  echo 'Usage: sh fedbridge/gce/install.sh CONFIG.yaml' >&2
  exit 2
fi
config=$1
root=${ROOT:-}
release=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
node=$release/bin/node
units=$root/etc/systemd/system
environment=$root/etc/fedbridge/environment
first_port=9101

[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || fail 'user' 'must be root, but is not' 'Run it with sudo.'
if ! "$node" --version >/dev/null 2>&1; then
  # libatomic1 is the only library that Node needs and that may be missing on a Debian system.
  [ -n "$root" ] || apt-get install --yes --quiet libatomic1 >/dev/null 2>&1 || true
  "$node" --version >/dev/null ||
    fail "$node" 'must run on this machine, but does not' 'Install libatomic1, and run pack.sh on a machine of the same architecture.'
fi
"$node" "$release/app/main.js" check "$config" >/dev/null ||
  fail "$config" 'must be a valid configuration, but is not' 'Fix the errors above; nothing was changed on this machine.'

# Only root and this group can read the configuration, because it names callers and may contain external IDs. With ROOT=DIR the group
# ID is the one in DIR, not the one of this machine. Without root the file keeps its group: set the group when you create the image.
group=fedbridge-config
gid=
if [ "$(id -u)" -eq 0 ]; then
  grep -qs "^$group:" "$root/etc/group" || groupadd --system ${root:+--prefix "$root"} "$group" ||
    fail "$group" 'must be a group of this machine, but could not be created' 'Fix the error above, or create the group.'
  gid=$(sed -n "s/^$group:[^:]*:\([0-9]*\):.*/\1/p" "$root/etc/group")
fi

# restrict FILE MODE GID. Sets the group first, so that the mode never applies to another group.
restrict() {
  [ -z "$3" ] || chgrp "$3" "$1"
  chmod "$2" "$1"
}

# put SOURCE TARGET MODE GID. Replaces the target atomically, because a process may be reading it. Sets `changed` to yes if its content
# was different. Do not call it in a condition, where `set -e` has no effect.
put() {
  changed=no
  if cmp -s "$1" "$2"; then
    restrict "$2" "$3" "$4"
    return
  fi
  changed=yes
  mkdir -p "$(dirname "$2")"
  rm -f "$2.new"
  (umask 077 && cp "$1" "$2.new")
  restrict "$2.new" "$3" "$4"
  mv "$2.new" "$2"
}

programs_changed=no
installed=$root/opt/fedbridge
if ! { cmp -s "$node" "$installed/bin/node" && diff -qr "$release/app" "$installed/app" >/dev/null 2>&1; }; then
  programs_changed=yes
  rm -rf "$installed.new" "$installed.old"
  mkdir -p "$installed.new"
  cp -R "$release/app" "$release/bin" "$installed.new/"
  [ ! -e "$installed" ] || mv "$installed" "$installed.old"
  mv "$installed.new" "$installed"
  rm -rf "$installed.old"
fi
put "$config" "$root/etc/fedbridge/fedbridge.yaml" 640 "$gid"
config_changed=$changed
for unit in fedbridge@.service fedbridge.target; do
  put "$release/gce/$unit" "$units/$unit" 644 ''
  [ "$changed" = no ] || programs_changed=yes
done

# Creates the links of `systemctl enable`, even if systemd is not running.
mkdir -p "$units/fedbridge.target.wants" "$units/multi-user.target.wants"
link() { [ -L "$2" ] || ln -s "$1" "$2"; }
link ../fedbridge.target "$units/multi-user.target.wants/fedbridge.target"
last_port=$((first_port + $(nproc) - 1))
for port in $(seq "$first_port" "$last_port"); do
  link ../fedbridge@.service "$units/fedbridge.target.wants/fedbridge@$port.service"
done
surplus=
for link in "$units"/fedbridge.target.wants/fedbridge@*.service; do
  port=${link##*@}
  port=${port%.service}
  if [ "$port" -gt "$last_port" ]; then
    rm "$link"
    surplus="$surplus fedbridge@$port.service"
  fi
done

[ -z "$root" ] || exit 0

# The processes share the bridge's port, so only the metrics port shows whether this one listens. The operator may set its address.
# shellcheck disable=SC2016 # JavaScript expands this text, not the shell.
await() {
  "$node" --env-file-if-exists="$environment" -e '
    const [port] = process.argv.slice(1);
    const host = process.env.FEDBRIDGE_METRICS_HOST || "127.0.0.1";
    const origin = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    const end = Date.now() + 30_000;
    const request = () => fetch(`${origin}/-/metrics`).then(
      ({ ok }) => process.exit(ok ? 0 : 1),
      () => (Date.now() < end ? setTimeout(request, 100) : process.exit(1)),
    );
    request();
  ' "$1" || fail "fedbridge@$1.service" 'must listen within 30 s, but did not' "See journalctl -u fedbridge@$1."
}

systemctl daemon-reload
for unit in $surplus; do systemctl stop "$unit"; done
for port in $(seq "$first_port" "$last_port"); do
  unit=fedbridge@$port.service
  if ! systemctl --quiet is-active "$unit"; then
    systemctl start "$unit"
  elif [ "$programs_changed" = yes ]; then
    systemctl restart "$unit"
  elif [ "$config_changed" = yes ]; then
    systemctl reload "$unit"
  fi
  await "$port"
done
systemctl start fedbridge.target
