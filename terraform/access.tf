# Whom Cloud Run lets in where it checks callers itself, and the bridge's right to the mounted bucket.

locals {
  caller_emails  = distinct([for caller in flatten(local.grants[*].callers) : lower(split("#", caller)[0]) if strcontains(caller, "@")])
  caller_members = [for email in local.caller_emails : endswith(email, ".gserviceaccount.com") ? "serviceAccount:${email}" : "user:${email}"]
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = toset(var.invoker_check ? concat(local.caller_members, var.invokers) : [])

  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.bridge.name
  role     = "roles/run.invoker"
  member   = each.value

  # The deployer is one of the callers, and its e-mail is known before the account exists.
  depends_on = [google_service_account.deployer]
}

resource "google_storage_bucket_iam_member" "volume" {
  count = var.volume == null ? 0 : 1

  bucket = var.volume.bucket
  role   = var.volume.read_only ? "roles/storage.objectViewer" : "roles/storage.objectUser"
  member = google_service_account.bridge.member
}
