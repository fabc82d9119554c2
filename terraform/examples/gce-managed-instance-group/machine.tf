# What a machine does as it starts: writes the configuration and a unit, and runs the image by it. Container-Optimized OS
# keeps nothing of /etc over a restart, and does this each time.

locals {
  user_data = join("\n", ["#cloud-config", yamlencode({
    write_files = [
      {
        path        = "/etc/fedbridge/config.yaml"
        permissions = "0444"
        content     = module.bridge.config
      },
      {
        path        = "/etc/systemd/system/fedbridge.service"
        permissions = "0444"
        content     = local.unit
      },
    ]
    runcmd = ["systemctl daemon-reload", "systemctl start fedbridge.service"]
  })])

  # Docker opens the port that it publishes in the machine's own firewall.
  unit = <<-EOT
    [Unit]
    Description=Fedbridge
    Wants=network-online.target docker.service
    After=network-online.target docker.service

    [Service]
    RuntimeDirectory=fedbridge
    Environment=HOME=/run/fedbridge
    ExecStartPre=/usr/bin/docker-credential-gcr configure-docker --registries=${split("/", module.bridge.image)[0]}
    ExecStartPre=-/usr/bin/docker rm --force fedbridge
    ExecStart=/usr/bin/docker run --rm --name fedbridge --publish ${local.port}:${local.port} \
      --read-only --cap-drop ALL --security-opt no-new-privileges \
      --volume /etc/fedbridge:/etc/fedbridge:ro --env FEDBRIDGE_CONFIG=/etc/fedbridge/config.yaml --env PORT=${local.port} \
      ${module.bridge.image}
    ExecStop=/usr/bin/docker stop --time 15 fedbridge
    Restart=always
    RestartSec=2
  EOT
}
