# The callers that Cloud Run admits if invoker_check is true, the bridge's access to the mounted bucket, and Cloud Run's own access to
# an image and a subnet in other projects.

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

  # The deployer is one of the callers. Its email is known before the account exists, so Terraform cannot infer this dependency.
  depends_on = [google_service_account.deployer]
}

resource "google_storage_bucket_iam_member" "volume" {
  count = var.volume == null ? 0 : 1

  bucket = var.volume.bucket
  role   = var.volume.read_only ? "roles/storage.objectViewer" : "roles/storage.objectUser"
  member = local.account_member
}

# Cloud Run pulls the image and connects to the subnet as its service agent, which may do both only in the service's own project.

locals {
  # Location, project and name of the repository of `image`; null if it is not in Artifact Registry, or is in this project.
  image_parts      = try(regex("^([a-z0-9-]+)-docker\\.pkg\\.dev/([a-z0-9-]+)/([a-z0-9-]+)/", var.image), null)
  image_repository = try(local.image_parts[1] == var.project ? null : local.image_parts, null)
  host_project     = var.vpc == null ? var.project : split("/", var.vpc.subnet)[1]
}

resource "google_artifact_registry_repository_iam_member" "run" {
  count = var.grant_service_agents && local.image_repository != null ? 1 : 0

  project    = local.image_repository[1]
  location   = local.image_repository[0]
  repository = local.image_repository[2]
  role       = "roles/artifactregistry.reader"
  member     = local.service_agents["run"]

  # IAM rejects an account that does not exist yet.
  depends_on = [google_project_service_identity.agents]
}

resource "google_compute_subnetwork_iam_member" "run" {
  count = var.grant_service_agents && local.host_project != var.project ? 1 : 0

  project    = local.host_project
  region     = var.region
  subnetwork = split("/", var.vpc.subnet)[5]
  role       = "roles/compute.networkUser"
  member     = local.service_agents["run"]

  # IAM rejects an account that does not exist yet.
  depends_on = [google_project_service_identity.agents]
}
