# Sets only the five required variables, and checks the trust policy, the read policy and the check of callers. Run it without a cloud:
# `terraform init && terraform test`.

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

run "role_trusts_only_the_service_account" {
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
    error_message = "The role must trust only the bridge's service account, for its own audience."
  }
}

run "role_reads_only_what_is_granted" {
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
    error_message = "The role must be allowed only to get and list below raw/public/."
  }
}

run "bridge_checks_callers" {
  assert {
    condition     = google_cloud_run_v2_service.bridge.invoker_iam_disabled && length(google_cloud_run_v2_service_iam_member.invoker) == 0
    error_message = "Cloud Run must admit every request, because the bridge checks callers."
  }
  assert {
    condition     = one([for variable in google_cloud_run_v2_service.bridge.template[0].containers[0].env : variable.value if variable.name == "FEDBRIDGE_CONFIG"]) == output.config
    error_message = "The service must have its configuration in FEDBRIDGE_CONFIG."
  }
  assert {
    condition     = yamldecode(output.config).audience == ["https://fedbridge-123456789012.europe-west1.run.app"]
    error_message = "The audience of callers' tokens must be the service's own URL."
  }
}

run "optional_resources_are_not_created" {
  assert {
    condition     = length(google_artifact_registry_repository.images) + length(google_artifact_registry_repository_iam_member.run) + length(google_kms_crypto_key_iam_member.agents) + length(google_secret_manager_secret.config) + length(google_compute_network.egress) + length(google_service_account.builder) + length(google_storage_bucket_iam_member.volume) + length(google_cloudbuild_trigger.test) + length(google_cloudbuild_trigger.deploy) == 0
    error_message = "Registries, grants, secrets, networks, builders, volumes and triggers must be created only if their variables are set."
  }
}

run "only_vpc_networks_reach_the_service" {
  assert {
    condition     = google_cloud_run_v2_service.bridge.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    error_message = "The internet must not be able to reach the service by default."
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.deletion_protection == false
    error_message = "A failed first apply must not leave a service that Terraform cannot delete."
  }
}
