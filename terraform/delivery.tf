# If `delivery` is set, two Cloud Build triggers test and deploy commits, each with its own account. Tests run the code of every
# development dependency, so their account can only push candidates. cloudbuild-deploy.yaml runs no code of a candidate, so its
# account can write the service's images and deploy the service.

locals {
  delivers       = var.delivery == null ? 0 : 1
  tester_id      = "${substr(var.name, 0, 24)}-test"
  deployer_id    = "${substr(var.name, 0, 23)}-deploy"
  deployer_email = "${local.deployer_id}@${var.project}.iam.gserviceaccount.com"

  # The probe of a new revision reads one object as the deployer.
  probe_grants = var.delivery == null ? [] : [{
    callers = [local.deployer_email]
    bucket  = var.delivery.probe_bucket
    allow   = ["get"]
    prefix  = null
    key     = var.delivery.probe_key
  }]
  grants = concat(var.grants, local.probe_grants)

  candidates = "${var.region}-docker.pkg.dev/${var.project}/${var.name}-candidates/fedbridge"
}

resource "google_artifact_registry_repository" "candidates" {
  count = local.delivers

  project       = var.project
  location      = var.region
  repository_id = "${var.name}-candidates"
  description   = "Images of Fedbridge that have passed the tests and are not deployed yet."
  format        = "DOCKER"
  kms_key_name  = var.encryption_key
  labels        = var.labels

  depends_on = [time_sleep.apis, time_sleep.encryption]
}

# The SBOM of each candidate.
resource "google_storage_bucket" "artifacts" {
  count = local.delivers

  project                     = var.project
  name                        = "${var.project}-${substr(var.name, 0, 24)}-sbom"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  labels                      = var.labels

  dynamic "encryption" {
    for_each = var.encryption_key == null ? [] : [var.encryption_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [time_sleep.apis, time_sleep.encryption]
}

resource "google_cloudbuild_trigger" "test" {
  count = local.delivers

  project         = var.project
  location        = local.build_region
  name            = "${var.name}-test"
  description     = "Tests each commit of the branch, and pushes its image to the candidates."
  service_account = google_service_account.tester[0].id
  filename        = "cloudbuild.yaml"

  repository_event_config {
    repository = var.delivery.repository
    push {
      # A regular expression.
      branch = "^${replace(var.delivery.branch, ".", "\\.")}$"
    }
  }

  substitutions = {
    _NODE_IMAGE   = var.delivery.node_image
    _DOCKER_IMAGE = var.delivery.docker_image
    _IMAGE        = local.candidates
    _BUILDER      = google_service_account.tester[0].email
    _ARTIFACTS    = "gs://${google_storage_bucket.artifacts[0].name}"
    _SOURCE       = var.delivery.source_url
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.tester,
    google_project_iam_member.delivery_logs,
    google_storage_bucket_iam_member.tester,
  ]
}

# The tag that cloudbuild.yaml pushes last starts this trigger: Artifact Registry reports pushes to this topic in its project.
resource "google_cloudbuild_trigger" "deploy" {
  count = local.delivers

  project         = var.project
  location        = local.build_region
  name            = "${var.name}-deploy"
  description     = "Deploys a candidate without traffic, probes it, and moves the traffic to it."
  service_account = google_service_account.deployer[0].id

  pubsub_config {
    topic = "projects/${var.project}/topics/gcr"
  }
  filter = "_ACTION == \"INSERT\" && _TAG == \"${local.candidates}:tested\""

  approval_config {
    approval_required = var.delivery.approval
  }

  # The probe and this file come from the branch, not from the candidate.
  source_to_build {
    repository = var.delivery.repository
    ref        = "refs/heads/${var.delivery.branch}"
    repo_type  = var.delivery.repo_type
  }
  git_file_source {
    path       = "cloudbuild-deploy.yaml"
    repository = var.delivery.repository
    revision   = "refs/heads/${var.delivery.branch}"
    repo_type  = var.delivery.repo_type
  }

  substitutions = {
    _ACTION                  = "$(body.message.data.action)"
    _TAG                     = "$(body.message.data.tag)"
    _CANDIDATE               = "$(body.message.data.digest)"
    _CANDIDATES              = local.candidates
    _NODE_IMAGE              = var.delivery.node_image
    _DOCKER_IMAGE            = var.delivery.docker_image
    _GCLOUD_IMAGE            = var.delivery.gcloud_image
    _IMAGE                   = "${local.registry}/fedbridge"
    _DEPLOYER                = google_service_account.deployer[0].email
    _REGION                  = var.region
    _SERVICE                 = google_cloud_run_v2_service.bridge.name
    _AUDIENCE                = local.audiences[0]
    _PROBE_BUCKET            = var.delivery.probe_bucket
    _PROBE_KEY               = var.delivery.probe_key
    _PROBE_UNGRANTED_KEY     = "${var.delivery.probe_key}.not-granted"
    _PROBE_UNGRANTED_ACCOUNT = google_service_account.stranger[0].email
    _INVOKER_AUDIENCE        = var.invoker_check ? local.audiences[0] : ""
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.deployer,
    google_cloud_run_v2_service_iam_member.deployer,
    google_project_iam_member.delivery_logs,
    google_service_account_iam_member.deployer,
  ]
}
