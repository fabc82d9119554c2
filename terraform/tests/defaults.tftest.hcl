# The five variables alone: what is trusted, what may be read, how callers are checked. `terraform init && terraform test`
# runs this without a cloud.

mock_provider "google" {
  source = "./tests/mocks/google"
}

mock_provider "aws" {
  source = "./tests/mocks/aws"
}

variables {
  project    = "acme-prod"
  region     = "europe-west1"
  aws_region = "eu-west-1"
  buckets    = { acme-lake = {} }
  grants     = [{ callers = ["reader@acme-prod.iam.gserviceaccount.com"], bucket = "acme-lake", prefix = "raw/public/" }]
  # With an image, nothing is built.
  image = "europe-west1-docker.pkg.dev/acme-prod/fedbridge/fedbridge@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "trusts_one_service_account" {
  assert {
    condition = jsondecode(aws_iam_role.bridge["read"].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { Federated = "accounts.google.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "accounts.google.com:aud"  = "104815162342108150001"
          "accounts.google.com:oaud" = "fedbridge"
          "accounts.google.com:sub"  = "104815162342108150001"
        }
      }
    }]
    error_message = "The role must trust the bridge's service account for its own audience, and nobody else."
  }
}

run "reads_what_is_granted" {
  assert {
    condition = jsondecode(aws_iam_role_policy.read["read"].policy).Statement == [
      { Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::acme-lake/raw/public/*"] },
      {
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = ["arn:aws:s3:::acme-lake"]
        Condition = { StringLike = { "s3:prefix" = ["raw/public/*"] } }
      },
    ]
    error_message = "The role must be allowed to get and list below raw/public/, and nothing else."
  }
}

run "callers_are_checked_by_the_bridge" {
  assert {
    condition     = google_cloud_run_v2_service.bridge.invoker_iam_disabled && length(google_cloud_run_v2_service_iam_member.invoker) == 0
    error_message = "Cloud Run must let every request in: the bridge checks callers."
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].containers[0].env[0].value == output.config
    error_message = "The service must have its configuration in FEDBRIDGE_CONFIG."
  }
  assert {
    condition     = yamldecode(output.config).audience == ["https://fedbridge-123456789012.europe-west1.run.app"]
    error_message = "Callers' tokens must be for the service's own URL."
  }
}

run "nothing_is_made_that_nobody_asked_for" {
  assert {
    condition     = length(google_secret_manager_secret.config) + length(google_compute_network.egress) + length(google_service_account.builder) + length(google_storage_bucket_iam_member.volume) + length(google_cloudbuild_trigger.test) + length(google_cloudbuild_trigger.deploy) == 0
    error_message = "Secrets, networks, builders, volumes and triggers must come only with their variables."
  }
}
