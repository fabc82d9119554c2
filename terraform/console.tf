# If `console` is set: the console's Cloud Run service behind Identity-Aware Proxy (IAP), who may open it, and a check of its latest
# revision.

locals {
  console_name = "${var.name}-console"
  console_url  = var.console == null ? null : "https://${local.console_name}-${data.google_project.this.number}.${var.region}.run.app"

  # IAP signs each assertion for this service (IAP, "Securing your app with signed headers"). This form has not been verified against
  # Google.
  console_audience = var.console == null ? null : coalesce(var.console.audience, "/projects/${data.google_project.this.number}/locations/${var.region}/services/${local.console_name}")

  # People whom the configuration names. IAM stores emails in lower case.
  people          = distinct([for caller in flatten([var.grants[*].callers, var.settings.operators]) : lower(caller) if startswith(caller, "user:")])
  console_viewers = var.console == null ? [] : distinct(concat(local.people, var.console.viewers))

  # Few people use it at the same time. This number also limits the addresses that it needs in a subnet (`egress_cidr`).
  console_max_instances = 2
}

resource "google_cloud_run_v2_service" "console" {
  count = var.console == null ? 0 : 1

  project     = var.project
  location    = var.region
  name        = local.console_name
  description = "The console of Fedbridge: people browse the S3 buckets that they may read."
  labels      = var.labels

  deletion_protection = var.deletion_protection
  ingress             = local.ingress_settings[var.console.ingress]
  # IAP checks people before Cloud Run's own check, which then admits only IAP.
  iap_enabled          = true
  invoker_iam_disabled = false

  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }

  template {
    labels = var.labels
    # The bridge's account, because the roles' trust policies name its unique ID. A second account would have to be added to each of
    # them, also by other owners, and would get the same access.
    service_account                  = local.account.email
    encryption_key                   = var.encryption_key
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = var.concurrency
    # Downloads can take as long as reads from the bridge.
    timeout = "3600s"

    scaling {
      min_instance_count = 0
      max_instance_count = local.console_max_instances
    }

    containers {
      image = local.image
      args  = ["console"]

      ports {
        name           = "http1"
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

      # The same size as the bridge, because the configuration contains the size of the cache.
      resources {
        limits            = { cpu = var.cpu, memory = var.memory }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      # Cloud Run's probes do not pass through IAP, and the console serves these paths without an assertion.
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

      dynamic "volume_mounts" {
        for_each = local.config_volume
        content {
          name       = volume_mounts.key
          mount_path = local.config_directory
        }
      }
    }

    dynamic "volumes" {
      for_each = local.config_volume
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
  }

  depends_on = [google_compute_router_nat.egress, time_sleep.permissions]
}

# IAP calls the service as its service agent. Nobody else may call it.
resource "google_cloud_run_v2_service_iam_member" "console" {
  count = length(google_cloud_run_v2_service.console)

  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.console[0].name
  role     = "roles/run.invoker"
  member   = local.service_agents["iap"]

  # IAM rejects an account that does not exist yet.
  depends_on = [google_project_service_identity.agents]
}

resource "google_iap_web_cloud_run_service_iam_member" "console" {
  for_each = toset(local.console_viewers)

  # IAP's API requires the project's number (https://github.com/hashicorp/terraform-provider-google/issues/23092).
  project                = data.google_project.this.number
  location               = var.region
  cloud_run_service_name = google_cloud_run_v2_service.console[0].name
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.value
}

# The same check as for the bridge (revision.tf).
check "latest_console_revision" {
  assert {
    condition     = alltrue([for service in google_cloud_run_v2_service.console : service.latest_ready_revision == service.latest_created_revision && try(service.terminal_condition[0].state, "CONDITION_SUCCEEDED") == "CONDITION_SUCCEEDED"])
    error_message = "The latest revision of ${local.console_name} is not ready, so an earlier one serves, if there is one. Look for the cause in the log of the latest revision. To deploy the same configuration again, run `gcloud run services update ${local.console_name} --project ${var.project} --region ${var.region} --timeout 3600`."
  }
}
