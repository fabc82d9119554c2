# How the services read the configuration: from FEDBRIDGE_CONFIG itself, or, if config_in is `secret`, from a file in a secret.

locals {
  config_directory = "/etc/fedbridge"
  config_file      = "config.yaml"

  config_variable = local.config_in == "secret" ? "${local.config_directory}/${local.config_file}" : local.config_yaml

  # The volume with the file, by its name; empty without a secret.
  config_volume = local.config_in == "secret" ? {
    config = {
      secret  = google_secret_manager_secret.config[0].secret_id
      version = google_secret_manager_secret_version.config[0].version
      file    = local.config_file
    }
  } : {}
}

resource "google_secret_manager_secret" "config" {
  count = local.config_in == "secret" ? 1 : 0

  project   = var.project
  secret_id = "${var.name}-config"
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

resource "google_secret_manager_secret_version" "config" {
  count = local.config_in == "secret" ? 1 : 0

  secret      = google_secret_manager_secret.config[0].id
  secret_data = local.config_yaml
  # Old versions are kept, because each revision reads its own version, and a rollback to an older revision needs that version.
  deletion_policy = "ABANDON"

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = length(local.config_yaml) <= 65536
      error_message = "The configuration must be at most 65,536 characters for Secret Manager. Name callers by project, or serve some buckets from another bridge."
    }
  }
}

resource "google_secret_manager_secret_iam_member" "bridge" {
  count = local.config_in == "secret" ? 1 : 0

  project   = var.project
  secret_id = google_secret_manager_secret.config[0].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.account_member
}
