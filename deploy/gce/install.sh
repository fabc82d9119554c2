#!/bin/sh
# Installs the bridge on a Debian VM, one process a core on one port, or brings what is installed up to date.
#
#   sh fedbridge/gce/install.sh CONFIG.yaml
#
# As root, from the directory that an archive of pack.sh unpacks to. A start-up script may do this at each boot: what has not changed
# is left alone. Running processes read a changed configuration anew; changed programs restart them one after the other, so that the
# port is served throughout. With ROOT=DIR it installs below DIR, a machine's image that is being made, and starts nothing.
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

[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || fail 'user' 'must be root, and is not' 'Run it with sudo.'
if ! "$node" --version >/dev/null 2>&1; then
  # All that Node needs beyond what every Debian has.
  [ -n "$root" ] || apt-get install --yes --quiet libatomic1 >/dev/null 2>&1 || true
  "$node" --version >/dev/null ||
    fail "$node" 'must run here, and does not' 'Install libatomic1; pack on a machine of the same architecture.'
fi
"$node" "$release/app/main.js" check "$config" >/dev/null ||
  fail "$config" 'must be a valid configuration, and is not' 'Mend what is said above; what is installed was not touched.'

# Only root and this group can read the configuration: it says who may read what, and may hold external IDs. The number is that of
# the machine that is installed, not of this one. Without root (ROOT=DIR) the file keeps its group: set it when you make the image.
group=fedbridge-config
gid=
if [ "$(id -u)" -eq 0 ]; then
  grep -qs "^$group:" "$root/etc/group" || groupadd --system ${root:+--prefix "$root"} "$group" ||
    fail "$group" 'must be a group of this machine, and could not be made' 'See the error above, or make the group.'
  gid=$(sed -n "s/^$group:[^:]*:\([0-9]*\):.*/\1/p" "$root/etc/group")
fi

# restrict FILE MODE GID: the group comes first, as the mode is meant for that group.
restrict() {
  [ -z "$3" ] || chgrp "$3" "$1"
  chmod "$2" "$1"
}

# put SOURCE TARGET MODE GID: in one step, as a process may be reading. Sets `changed` to yes if the target had other content.
# Do not call it in a condition: there the shell continues after an error.
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

# The links that `systemctl enable` would make, also where no systemd runs.
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

# The processes share the bridge's port, so only the port of its metrics shows that one listens. The operator may set its address.
# shellcheck disable=SC2016 # The program is JavaScript's to expand.
await() {
  "$node" --env-file-if-exists="$environment" -e '
    const [port] = process.argv.slice(1);
    const host = process.env.FEDBRIDGE_METRICS_HOST || "127.0.0.1";
    const origin = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    const end = Date.now() + 30_000;
    const ask = () => fetch(`${origin}/-/metrics`).then(
      ({ ok }) => process.exit(ok ? 0 : 1),
      () => (Date.now() < end ? setTimeout(ask, 100) : process.exit(1)),
    );
    ask();
  ' "$1" || fail "fedbridge@$1.service" 'must listen within 30 s, and does not' "See journalctl -u fedbridge@$1."
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
