# The startup of a machine: cloud-init writes a unit, which fetches the configuration and runs the image. Container-Optimized OS
# discards changes to /etc on restart, so this happens at each boot.

locals {
  # Anyone who may view the machine or its template can read the user data, and so can every program on the machine. It contains
  # only the name of the configuration's secret. A new version of the secret changes the template, which replaces the machines.
  user_data = join("\n", ["#cloud-config", yamlencode({
    write_files = [
      {
        path        = local.fetch_path
        permissions = "0444"
        content     = local.fetch_config
      },
      {
        path        = "/etc/systemd/system/fedbridge.service"
        permissions = "0444"
        content     = local.unit
      },
    ]
    runcmd = ["systemctl daemon-reload", "systemctl start fedbridge.service"]
  })])

  fetch_path = "/etc/fedbridge/fetch-config.sh"

  # Passes the access token between the two curls through a pipe, because other users can read command lines. 65532 is the image's group.
  fetch_config = <<-EOT
    set -euo pipefail
    umask 077
    cd "$RUNTIME_DIRECTORY"
    trap 'rm -f config.new' EXIT
    curl -sSf --max-time 10 -H 'Metadata-Flavor: Google' \
      http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token |
      sed -n 's/.*"access_token": *"\([^"]*\)".*/header = "Authorization: Bearer \1"/p' |
      curl -sSf --max-time 10 --config - https://secretmanager.googleapis.com/v1/${module.bridge.config_secret}:access |
      sed -n 's/.*"data": *"\([^"]*\)".*/\1/p' | base64 --decode > config.new
    test -s config.new
    chgrp 65532 config.new
    chmod 440 config.new
    mv config.new config.yaml
  EOT

  # Docker opens the port that it publishes in the machine's own firewall.
  unit = <<-EOT
    [Unit]
    Description=Fedbridge
    Wants=network-online.target docker.service
    After=network-online.target docker.service
    # The cause of a failed start may be temporary, such as a permission that is not granted yet.
    StartLimitIntervalSec=0

    [Service]
    RuntimeDirectory=fedbridge
    RuntimeDirectoryMode=0700
    Environment=HOME=/run/fedbridge
    ExecStartPre=/usr/bin/docker-credential-gcr configure-docker --registries=${split("/", module.bridge.image)[0]}
    ExecStartPre=/bin/bash ${local.fetch_path}
    ExecStartPre=-/usr/bin/docker rm --force fedbridge
    ExecStart=/usr/bin/docker run --rm --name fedbridge --publish ${local.port}:${local.port} \
      --read-only --cap-drop ALL --security-opt no-new-privileges --ulimit core=0 \
      --volume /run/fedbridge/config.yaml:/etc/fedbridge/config.yaml:ro --env FEDBRIDGE_CONFIG=/etc/fedbridge/config.yaml --env PORT=${local.port} \
      ${module.bridge.image}
    ExecStop=/usr/bin/docker stop --time 15 fedbridge
    Restart=always
    RestartSec=2
  EOT
}
