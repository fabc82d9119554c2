# If `prometheus_sidecar` is set: the configuration of Google's Managed Service for Prometheus sidecar, and what the sidecar needs.

locals {
  bridge_container = "bridge"

  # The bridge serves metrics without a token on this port, only at 127.0.0.1. The containers of an instance share that address, but
  # Cloud Run's front end cannot connect to it. The sidecar itself listens on 13133.
  metrics_port = 9101

  # The sidecar rejects unknown fields.
  sidecar_config = yamlencode({
    apiVersion = "monitoring.googleapis.com/v1beta"
    kind       = "RunMonitoring"
    metadata   = { name = var.name }
    spec = {
      endpoints = [{
        port     = local.metrics_port
        path     = "/-/metrics"
        interval = try(var.prometheus_sidecar.interval, null)
        timeout  = "10s"
      }]
    }
  })

  # Between requests, a sidecar without CPU can neither scrape nor send.
  cpu_idle = var.cpu_idle && var.prometheus_sidecar == null

  stores_secrets = local.config_in == "secret" || var.prometheus_sidecar != null

  # The secrets that the bridge's service mounts, by the name of the volume.
  secret_volumes = merge(
    local.config_volume,
    var.prometheus_sidecar == null ? {} : {
      prometheus = {
        secret  = google_secret_manager_secret.prometheus[0].secret_id
        version = google_secret_manager_secret_version.prometheus[0].version
        file    = "config.yaml"
      }
    },
  )
}

# The sidecar reads its configuration from a mounted secret (Cloud Run, "Write Prometheus metrics by using the Prometheus sidecar").
resource "google_secret_manager_secret" "prometheus" {
  count = var.prometheus_sidecar == null ? 0 : 1

  project   = var.project
  secret_id = "${var.name}-prometheus"
  labels    = var.labels

  # The secret stays in one region, because an organization's policy may require that.
  replication {
    user_managed {
      replicas {
        location = var.region
        dynamic "customer_managed_encryption" {
          for_each = var.encryption_key == null ? [] : [var.encryption_key]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [time_sleep.apis, time_sleep.encryption]
}

resource "google_secret_manager_secret_version" "prometheus" {
  count = var.prometheus_sidecar == null ? 0 : 1

  secret      = google_secret_manager_secret.prometheus[0].id
  secret_data = local.sidecar_config
  # Old versions are kept, because each revision reads its own version, and a rollback to an older revision needs that version.
  deletion_policy = "ABANDON"

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_secret_manager_secret_iam_member" "prometheus" {
  count = var.prometheus_sidecar == null ? 0 : 1

  project   = var.project
  secret_id = google_secret_manager_secret.prometheus[0].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.account_member
}

# The sidecar runs as the bridge's account, because Cloud Run has one account per service. The role only writes metrics, and exists
# only for whole projects.
resource "google_project_iam_member" "prometheus" {
  count = var.prometheus_sidecar == null ? 0 : 1

  project = var.project
  role    = "roles/monitoring.metricWriter"
  member  = local.account_member

  depends_on = [time_sleep.apis]
}
