# The service account that the bridge runs as: one that the module creates, or `service_account`.

# The bridge's account needs no permission in Google Cloud, only an identity token. prometheus-sidecar.tf has the one exception.
resource "google_service_account" "bridge" {
  count = var.service_account == null ? 1 : 0

  project      = var.project
  account_id   = var.name
  display_name = "Fedbridge ${var.name}: reads S3 for its callers"

  depends_on = [time_sleep.apis]
}

moved {
  from = google_service_account.bridge
  to   = google_service_account.bridge[0]
}

locals {
  account = var.service_account == null ? {
    email     = one(google_service_account.bridge[*].email)
    name      = one(google_service_account.bridge[*].name)
    unique_id = one(google_service_account.bridge[*].unique_id)
    } : {
    email = var.service_account.email
    # An email identifies an account in any project.
    name      = "projects/-/serviceAccounts/${var.service_account.email}"
    unique_id = var.service_account.unique_id
  }
  account_member = "serviceAccount:${local.account.email}"
}
