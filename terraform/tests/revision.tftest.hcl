# A plan reports that the latest revision is not ready. This run has its own file, because mocked values are set only at creation.

mock_provider "google" {
  source = "./tests/mocks/google"
}

mock_provider "google-beta" {}

mock_provider "aws" {
  source = "./tests/mocks/aws"
}

# Without a mock, each test would wait for permissions that no test needs.
mock_provider "time" {}

variables {
  project    = "acme-prod"
  region     = "europe-west1"
  aws_region = "eu-west-1"
  buckets    = { acme-lake = {} }
  grants     = [{ callers = ["reader@acme-prod.iam.gserviceaccount.com"], bucket = "acme-lake", prefix = "raw/public/" }]
  # Prevents an image build.
  image = "europe-west1-docker.pkg.dev/acme-prod/fedbridge/fedbridge@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "a_revision_that_is_not_ready_is_reported" {
  override_resource {
    target = google_cloud_run_v2_service.bridge
    values = {
      latest_created_revision = "fedbridge-00002-def"
      latest_ready_revision   = "fedbridge-00001-abc"
    }
  }
  expect_failures = [check.latest_revision]
}
