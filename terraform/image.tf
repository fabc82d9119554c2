# The registry of the bridge's images and, unless `image` is set, the first image, which Cloud Build builds from this checkout. Later
# images come from cloudbuild-deploy.yaml, and the next apply uses the one tagged `latest`.

locals {
  builds   = var.image == null ? 1 : 0
  registry = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
  image    = var.image != null ? var.image : data.google_artifact_registry_docker_image.latest[0].self_link
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project
  location      = var.region
  repository_id = var.name
  description   = "Images of Fedbridge."
  format        = "DOCKER"

  depends_on = [google_project_service.used]
}

data "google_artifact_registry_docker_image" "latest" {
  count = local.builds

  project       = var.project
  location      = var.region
  repository_id = google_artifact_registry_repository.images.repository_id
  image_name    = "fedbridge:latest"

  depends_on = [terraform_data.first_image]
}

resource "terraform_data" "first_image" {
  count = local.builds

  triggers_replace = google_artifact_registry_repository.images.id

  provisioner "local-exec" {
    working_dir = "${path.module}/.."
    # New permissions may need a minute to take effect.
    command = <<-EOT
      for pause in 20 40 0; do
        gcloud builds submit . --project "$PROJECT" --config terraform/first-image.yaml --ignore-file terraform/first-image.ignore \
          --service-account "projects/$PROJECT/serviceAccounts/$BUILDER" --gcs-source-staging-dir "$STAGING" \
          --substitutions "_IMAGE=$IMAGE" --suppress-logs && exit 0
        sleep "$pause"
      done
      echo "The image could not be built. Fix the gcloud errors above and apply again, or set the variable image." >&2
      exit 1
    EOT
    environment = {
      PROJECT = var.project
      BUILDER = google_service_account.builder[0].email
      STAGING = "gs://${google_storage_bucket.build[0].name}/source"
      IMAGE   = "${local.registry}/fedbridge:latest"
    }
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.builder,
    google_project_iam_member.builder_logs,
    google_storage_bucket_iam_member.builder,
  ]
}

# Builds run as this account. It may only read the source, and write the image and its log.
resource "google_service_account" "builder" {
  count = local.builds

  project      = var.project
  account_id   = "${substr(var.name, 0, 24)}-build"
  display_name = "Builds images of Fedbridge ${var.name}"

  depends_on = [google_project_service.used]
}

resource "google_artifact_registry_repository_iam_member" "builder" {
  count = local.builds

  project    = var.project
  location   = var.region
  repository = google_artifact_registry_repository.images.repository_id
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.builder[0].member
}

resource "google_project_iam_member" "builder_logs" {
  count = local.builds

  project = var.project
  role    = "roles/logging.logWriter"
  member  = google_service_account.builder[0].member
}

resource "google_storage_bucket" "build" {
  count = local.builds

  project                     = var.project
  name                        = "${var.project}-${substr(var.name, 0, 24)}-build"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  # The source is also in git, and a build needs this copy only for minutes.
  force_destroy = true
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = 1
    }
  }

  depends_on = [google_project_service.used]
}

resource "google_storage_bucket_iam_member" "builder" {
  count = local.builds

  bucket = google_storage_bucket.build[0].name
  role   = "roles/storage.objectViewer"
  member = google_service_account.builder[0].member
}
