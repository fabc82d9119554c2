# The APIs that the module uses, Google's service agents, and the time that both need before they work everywhere.

locals {
  apis = distinct(concat(
    [
      "cloudresourcemanager.googleapis.com",
      "iam.googleapis.com",
      "iamcredentials.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "run.googleapis.com",
    ],
    var.image == null ? ["artifactregistry.googleapis.com", "cloudbuild.googleapis.com", "storage.googleapis.com"] : [],
    var.delivery == null ? [] : ["pubsub.googleapis.com"],
    local.stores_secrets || local.trace_headers != null ? ["secretmanager.googleapis.com"] : [],
    var.console == null ? [] : ["iap.googleapis.com"],
    var.egress_cidr == null && var.vpc == null ? [] : ["compute.googleapis.com"],
  ))

  # Google's own accounts, which act for a service in this project. Google creates most of them at the first use, which is too late
  # for a permission that the first use needs.
  service_agents = {
    artifactregistry = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    iap              = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-iap.iam.gserviceaccount.com"
    run              = "serviceAccount:service-${data.google_project.this.number}@serverless-robot-prod.iam.gserviceaccount.com"
    secretmanager    = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    storage          = "serviceAccount:service-${data.google_project.this.number}@gs-project-accounts.iam.gserviceaccount.com"
  }
}

data "google_project" "this" {
  project_id = var.project

  depends_on = [time_sleep.apis]
}

resource "google_project_service" "used" {
  for_each = toset(var.enable_apis ? local.apis : [])

  project = var.project
  service = each.value
  # Other services in the project may use the same API.
  disable_on_destroy = false
}

# Google's services may reject requests for a while after their API has been enabled.
resource "time_sleep" "apis" {
  count = var.enable_apis ? 1 : 0

  create_duration = "60s"
  triggers        = { apis = join(" ", local.apis) }

  depends_on = [google_project_service.used]
}

resource "google_project_service_identity" "agents" {
  provider = google-beta
  for_each = toset(!var.enable_apis ? [] : concat(
    ["run.googleapis.com"],
    var.console == null ? [] : ["iap.googleapis.com"],
    var.encryption_key != null && var.image == null ? ["artifactregistry.googleapis.com"] : [],
    var.encryption_key != null && local.stores_secrets ? ["secretmanager.googleapis.com"] : [],
  ))

  project = var.project
  service = each.value

  depends_on = [time_sleep.apis]
}

# Cloud Run checks a revision within seconds. By then, the permissions that the revision needs must have taken effect.
resource "time_sleep" "permissions" {
  create_duration = "60s"
  # A change of these values changes a permission.
  triggers = {
    image_repository = local.image_repository == null ? "none" : join("/", local.image_repository)
    secret           = local.config_in == "secret" ? "${var.name}-config" : "none"
    sidecar          = var.prometheus_sidecar == null ? "none" : "${var.name}-prometheus"
    subnet           = var.vpc == null ? "none" : var.vpc.subnet
    trace_headers    = local.trace_headers == null ? "none" : "${local.trace_headers.project} ${local.trace_headers.secret_id}"
    volume           = var.volume == null ? "none" : "${var.volume.bucket} ${var.volume.read_only}"
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.run,
    google_compute_subnetwork_iam_member.run,
    google_project_iam_member.prometheus,
    google_project_service_identity.agents,
    google_secret_manager_secret_iam_member.bridge,
    google_secret_manager_secret_iam_member.prometheus,
    google_secret_manager_secret_iam_member.trace_headers,
    google_storage_bucket_iam_member.volume,
    time_sleep.encryption,
  ]
}
