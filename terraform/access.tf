# The callers that Cloud Run admits if invoker_check is true, and the bridge's access to the mounted bucket.

locals {
  caller_emails  = distinct([for caller in flatten(local.grants[*].callers) : lower(split("#", caller)[0]) if can(regex("^[^:]+@", caller))])
  caller_members = [for email in local.caller_emails : endswith(email, ".gserviceaccount.com") ? "serviceAccount:${email}" : "user:${email}"]
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = toset(var.invoker_check ? concat(local.caller_members, var.invokers) : [])

  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.bridge.name
  role     = "roles/run.invoker"
  member   = each.value

  # The deployer is one of the callers. Its e-mail is known before the account exists, so Terraform cannot infer this dependency.
  depends_on = [google_service_account.deployer]
}

resource "google_storage_bucket_iam_member" "volume" {
  count = var.volume == null ? 0 : 1

  bucket = var.volume.bucket
  role   = var.volume.read_only ? "roles/storage.objectViewer" : "roles/storage.objectUser"
  member = google_service_account.bridge.member
}
