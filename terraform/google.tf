# The Cloud Run service, and the settings that the console's service (console.tf) has in common with it.

locals {
  ingress_settings = { all = "INGRESS_TRAFFIC_ALL", internal = "INGRESS_TRAFFIC_INTERNAL_ONLY", internal-and-load-balancer = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" }
  startup_path     = var.start_unready ? "/-/live" : "/-/ready"
}

resource "google_cloud_run_v2_service" "bridge" {
  project     = var.project
  location    = var.region
  name        = var.name
  description = "Fedbridge: private S3 objects for callers with a Google identity."
  labels      = var.labels

  deletion_protection  = var.deletion_protection
  ingress              = local.ingress_settings[var.ingress]
  invoker_iam_disabled = !var.invoker_check
  # Cloud Run's own check must accept the same audiences as the bridge.
  custom_audiences = var.invoker_check ? [for audience in local.audiences : audience if audience != local.service_url] : []

  # The latest revision gets all traffic. A failed deployment by Cloud Build leaves the traffic on an earlier revision; an apply
  # undoes that.
  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }

  template {
    labels                           = var.labels
    service_account                  = local.account.email
    encryption_key                   = var.encryption_key
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.concurrency
    # Cloud Run's maximum, because a large object or a slow reader can take that long.
    timeout = "3600s"

    scaling {
      min_instance_count = var.min_instances
      max_instance_count = var.max_instances
    }

    containers {
      # A name only if another container depends on it, so that other services keep the name that Cloud Run chose.
      name  = var.prometheus_sidecar == null ? null : local.bridge_container
      image = local.image

      ports {
        # The protocol between the front end and the bridge. The front end offers HTTP/2 to callers in any case.
        name           = var.port_name
        container_port = 8080
      }

      env {
        name  = "FEDBRIDGE_CONFIG"
        value = local.config_variable
      }
      env {
        name  = "LOG_LEVEL"
        value = var.log_level
      }
      dynamic "env" {
        for_each = local.environment
        content {
          name  = env.key
          value = env.value.text
          dynamic "value_source" {
            for_each = env.value.secret == null ? [] : [env.value.secret]
            content {
              secret_key_ref {
                secret  = value_source.value.name
                version = value_source.value.version
              }
            }
          }
        }
      }

      resources {
        limits = { cpu = var.cpu, memory = var.memory }
        # Always set, because a resources block without it means that the CPU is always allocated and billed.
        cpu_idle          = local.cpu_idle
        startup_cpu_boost = true
      }

      # A revision that cannot assume a role gets no traffic: the previous revision continues to serve, and the apply fails. A
      # new role may need some seconds to become visible everywhere in AWS; the bridge retries until then.
      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 120
        http_get {
          path = local.startup_path
        }
      }
      liveness_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 3
        http_get {
          path = "/-/live"
        }
      }
      readiness_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 3
        success_threshold = 1
        http_get {
          path = "/-/ready"
        }
      }

      dynamic "volume_mounts" {
        for_each = local.config_volume
        content {
          name       = volume_mounts.key
          mount_path = local.config_directory
        }
      }
      dynamic "volume_mounts" {
        for_each = var.volume == null ? [] : [var.volume]
        content {
          name       = "bucket"
          mount_path = volume_mounts.value.mount_path
        }
      }
    }

    # Only the bridge has a port, so Cloud Run sends requests to no other container.
    dynamic "containers" {
      for_each = var.prometheus_sidecar == null ? [] : [var.prometheus_sidecar]
      content {
        name       = "prometheus"
        image      = containers.value.image
        depends_on = [local.bridge_container]
        resources {
          # Less than one CPU would require concurrency 1.
          limits            = { cpu = "1", memory = "512Mi" }
          cpu_idle          = local.cpu_idle
          startup_cpu_boost = false
        }
        volume_mounts {
          name       = "prometheus"
          mount_path = "/etc/rungmp"
        }
      }
    }

    dynamic "volumes" {
      for_each = local.secret_volumes
      content {
        name = volumes.key
        secret {
          secret = volumes.value.secret
          items {
            version = volumes.value.version
            path    = volumes.value.file
          }
        }
      }
    }
    dynamic "volumes" {
      for_each = var.volume == null ? [] : [var.volume]
      content {
        name = "bucket"
        gcs {
          bucket    = volumes.value.bucket
          read_only = volumes.value.read_only
          # Files belong to root by default, but the image runs as this user (deploy/Dockerfile).
          mount_options = volumes.value.read_only ? null : ["uid=65532", "gid=65532"]
        }
      }
    }

    dynamic "vpc_access" {
      for_each = local.service_networks
      content {
        egress = vpc_access.value.egress
        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.subnetwork
          tags       = vpc_access.value.tags
        }
      }
    }
  }

  lifecycle {
    # A deployment with gcloud sets these fields.
    ignore_changes = [client, client_version, template[0].labels["client.knative.dev/nonce"]]

    precondition {
      condition     = local.config_in == "secret" || length(local.config_yaml) <= 32768
      error_message = "The configuration must be at most 32,768 characters in the environment. Set config_in to secret."
    }
  }

  depends_on = [google_compute_router_nat.egress, time_sleep.permissions]
}
