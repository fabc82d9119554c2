# The Google side: the bridge's service account, and the Cloud Run service that runs as it.

data "google_project" "this" {
  project_id = var.project

  depends_on = [google_project_service.used]
}

resource "google_project_service" "used" {
  for_each = toset(concat(
    [
      "artifactregistry.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "iam.googleapis.com",
      "iamcredentials.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "run.googleapis.com",
    ],
    var.image == null ? ["cloudbuild.googleapis.com", "storage.googleapis.com"] : [],
    var.delivery == null ? [] : ["cloudbuild.googleapis.com", "pubsub.googleapis.com", "storage.googleapis.com"],
    local.config_in == "secret" ? ["secretmanager.googleapis.com"] : [],
    var.egress_cidr == null ? [] : ["compute.googleapis.com"],
  ))

  project = var.project
  service = each.value
  # Other services in the project may use the same API.
  disable_on_destroy = false
}

# The bridge's account needs no permission in Google Cloud, only an identity token.
resource "google_service_account" "bridge" {
  project      = var.project
  account_id   = var.name
  display_name = "Fedbridge ${var.name}: reads S3 for its callers"

  depends_on = [google_project_service.used]
}

resource "google_cloud_run_v2_service" "bridge" {
  project     = var.project
  location    = var.region
  name        = var.name
  description = "Fedbridge: private S3 objects for callers with a Google identity."

  deletion_protection  = var.deletion_protection
  ingress              = { all = "INGRESS_TRAFFIC_ALL", internal = "INGRESS_TRAFFIC_INTERNAL_ONLY", internal-and-load-balancer = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" }[var.ingress]
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
    service_account                  = google_service_account.bridge.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.concurrency
    # Cloud Run's maximum, because a large object or a slow reader can take that long.
    timeout = "3600s"

    scaling {
      min_instance_count = var.min_instances
      max_instance_count = var.max_instances
    }

    containers {
      image = local.image

      ports {
        # The protocol between the front end and the bridge. The front end offers HTTP/2 to callers in any case.
        name           = var.port_name
        container_port = 8080
      }

      env {
        name  = "FEDBRIDGE_CONFIG"
        value = local.config_in == "secret" ? "${local.config_directory}/${local.config_file}" : local.config_yaml
      }
      env {
        name  = "LOG_LEVEL"
        value = var.log_level
      }

      resources {
        limits = { cpu = var.cpu, memory = var.memory }
        # Always set, because a resources block without it means that the CPU is always allocated and billed.
        cpu_idle          = var.cpu_idle
        startup_cpu_boost = true
      }

      # A revision that cannot assume a role gets no traffic: the previous revision continues to serve, and the apply fails. A
      # new role may need some seconds to become visible everywhere in AWS; the bridge retries until then.
      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 120
        http_get {
          path = var.start_unready ? "/-/live" : "/-/ready"
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
        for_each = local.config_in == "secret" ? [local.config_directory] : []
        content {
          name       = "config"
          mount_path = volume_mounts.value
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

    dynamic "volumes" {
      for_each = google_secret_manager_secret_version.config[*].version
      content {
        name = "config"
        secret {
          secret = google_secret_manager_secret.config[0].secret_id
          items {
            version = volumes.value
            path    = local.config_file
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
        }
      }
    }

    dynamic "vpc_access" {
      for_each = google_compute_subnetwork.egress
      content {
        egress = "ALL_TRAFFIC"
        network_interfaces {
          network    = google_compute_network.egress[0].name
          subnetwork = vpc_access.value.name
        }
      }
    }
  }

  lifecycle {
    # A deployment with gcloud sets these fields.
    ignore_changes = [client, client_version]

    precondition {
      condition     = local.config_in == "secret" || length(local.config_yaml) <= 32768
      error_message = "The configuration must be at most 32,768 characters in the environment. Set config_in to secret."
    }
  }

  depends_on = [
    google_compute_router_nat.egress,
    google_secret_manager_secret_iam_member.bridge,
    google_storage_bucket_iam_member.volume,
  ]
}
