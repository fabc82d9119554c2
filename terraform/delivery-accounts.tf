# The accounts of delivery.tf, and everything that each of them may do.

locals {
  # The keys of a for_each must be known before the accounts exist.
  delivery_accounts = var.delivery == null ? {} : {
    tester   = google_service_account.tester[0].member
    deployer = google_service_account.deployer[0].member
  }
}

resource "google_service_account" "tester" {
  count = local.delivers

  project      = var.project
  account_id   = local.tester_id
  display_name = "Tests Fedbridge ${var.name}, builds its images and pushes candidates"

  depends_on = [time_sleep.apis]
}

resource "google_service_account" "deployer" {
  count = local.delivers

  project      = var.project
  account_id   = local.deployer_id
  display_name = "Deploys Fedbridge ${var.name}, and probes it"

  depends_on = [time_sleep.apis]
}

# An account without permissions or grants: the probe impersonates it, and the bridge must deny the request.
resource "google_service_account" "stranger" {
  count = local.delivers

  project      = var.project
  account_id   = "${substr(var.name, 0, 21)}-stranger"
  display_name = "Must be denied by Fedbridge ${var.name}; its probe checks this"

  depends_on = [time_sleep.apis]
}

resource "google_project_iam_member" "delivery_logs" {
  for_each = local.delivery_accounts

  project = var.project
  role    = "roles/logging.logWriter"
  member  = each.value
}

# The tester pushes candidates and their SBOMs.

resource "google_artifact_registry_repository_iam_member" "tester" {
  count = local.delivers

  project    = var.project
  location   = var.region
  repository = google_artifact_registry_repository.candidates[0].repository_id
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.tester[0].member
}

resource "google_storage_bucket_iam_member" "tester" {
  count = local.delivers

  bucket = google_storage_bucket.artifacts[0].name
  role   = "roles/storage.objectUser"
  member = google_service_account.tester[0].member
}

# The deployer copies a candidate to the service's registry, deploys it as the bridge's account, and probes it.

resource "google_artifact_registry_repository_iam_member" "deployer" {
  for_each = var.delivery == null ? {} : {
    candidates = { repository = google_artifact_registry_repository.candidates[0].repository_id, role = "roles/artifactregistry.reader" }
    images     = { repository = google_artifact_registry_repository.images[0].repository_id, role = "roles/artifactregistry.writer" }
  }

  project    = var.project
  location   = var.region
  repository = each.value.repository
  role       = each.value.role
  member     = google_service_account.deployer[0].member
}

resource "google_cloud_run_v2_service_iam_member" "deployer" {
  count = local.delivers

  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.bridge.name
  role     = "roles/run.developer"
  member   = google_service_account.deployer[0].member
}

resource "google_service_account_iam_member" "deployer" {
  for_each = var.delivery == null ? {} : {
    bridge   = { account = local.account.name, role = "roles/iam.serviceAccountUser" }
    itself   = { account = google_service_account.deployer[0].name, role = "roles/iam.serviceAccountOpenIdTokenCreator" }
    stranger = { account = google_service_account.stranger[0].name, role = "roles/iam.serviceAccountOpenIdTokenCreator" }
  }

  service_account_id = each.value.account
  role               = each.value.role
  member             = google_service_account.deployer[0].member
}
