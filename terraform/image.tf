# Unless `image` is set, the registry of the bridge's images and the first image, which Cloud Build builds from this checkout. Later
# images come from cloudbuild-deploy.yaml, and the next apply uses the one tagged `latest`.

locals {
  builds       = var.image == null ? 1 : 0
  build_region = var.build_region == null ? var.region : var.build_region
  registry     = one([for repository in google_artifact_registry_repository.images : "${var.region}-docker.pkg.dev/${var.project}/${repository.repository_id}"])
  image        = var.image != null ? var.image : data.google_artifact_registry_docker_image.latest[0].self_link
}

resource "google_artifact_registry_repository" "images" {
  count = local.builds

  project       = var.project
  location      = var.region
  repository_id = var.name
  description   = "Images of Fedbridge."
  format        = "DOCKER"
  kms_key_name  = var.encryption_key
  labels        = var.labels

  depends_on = [time_sleep.apis, time_sleep.encryption]
}

moved {
  from = google_artifact_registry_repository.images
  to   = google_artifact_registry_repository.images[0]
}

data "google_artifact_registry_docker_image" "latest" {
  count = local.builds

  project       = var.project
  location      = var.region
  repository_id = google_artifact_registry_repository.images[0].repository_id
  image_name    = "fedbridge:latest"

  depends_on = [terraform_data.first_image]
}

resource "terraform_data" "first_image" {
  count = local.builds

  triggers_replace = google_artifact_registry_repository.images[0].id

  provisioner "local-exec" {
    working_dir = "${path.module}/.."
    # New permissions may need a minute to take effect.
    command = <<-EOT
      for pause in 20 40 0; do
        gcloud builds submit . --project "$PROJECT" --region "$REGION" --config terraform/first-image.yaml --ignore-file terraform/first-image.ignore \
          --service-account "projects/$PROJECT/serviceAccounts/$BUILDER" --gcs-source-staging-dir "$STAGING" \
          --substitutions "_IMAGE=$IMAGE,_NODE_IMAGE=$NODE_IMAGE" --suppress-logs && exit 0
        sleep "$pause"
      done
      echo "The image could not be built. Fix the gcloud errors above and apply again, or set the variable build_region or image." >&2
      exit 1
    EOT
    environment = {
      PROJECT    = var.project
      REGION     = local.build_region
      BUILDER    = google_service_account.builder[0].email
      STAGING    = "gs://${google_storage_bucket.build[0].name}/source"
      IMAGE      = "${local.registry}/fedbridge:latest"
      NODE_IMAGE = var.build_node_image
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

  depends_on = [time_sleep.apis]
}

resource "google_artifact_registry_repository_iam_member" "builder" {
  count = local.builds

  project    = var.project
  location   = var.region
  repository = google_artifact_registry_repository.images[0].repository_id
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
  labels                      = var.labels
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
  dynamic "encryption" {
    for_each = var.encryption_key == null ? [] : [var.encryption_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [time_sleep.apis, time_sleep.encryption]
}

resource "google_storage_bucket_iam_member" "builder" {
  count = local.builds

  bucket = google_storage_bucket.build[0].name
  role   = "roles/storage.objectViewer"
  member = google_service_account.builder[0].member
}
