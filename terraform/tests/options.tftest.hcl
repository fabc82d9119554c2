# What single variables change.

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
  image      = "europe-west1-docker.pkg.dev/acme-prod/fedbridge/fedbridge@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "invoker_check_lets_the_callers_in" {
  variables {
    invoker_check = true
    invokers      = ["serviceAccount:probe@acme-prod.iam.gserviceaccount.com"]
    audiences     = ["https://lake-bridge.example"]
  }
  assert {
    condition     = !google_cloud_run_v2_service.bridge.invoker_iam_disabled
    error_message = "Cloud Run must check callers."
  }
  assert {
    condition = toset(values(google_cloud_run_v2_service_iam_member.invoker)[*].member) == toset([
      "serviceAccount:probe@acme-prod.iam.gserviceaccount.com",
      "serviceAccount:reader@acme-prod.iam.gserviceaccount.com",
    ])
    error_message = "The callers, and who is named besides, must have roles/run.invoker."
  }
  assert {
    condition     = tolist(google_cloud_run_v2_service.bridge.custom_audiences) == tolist(yamldecode(output.config).audience)
    error_message = "Cloud Run must take the audience that the bridge takes."
  }
}

run "invoker_check_needs_members" {
  command = plan
  variables {
    invoker_check = true
    grants        = [{ callers = ["project:acme-analytics"], bucket = "acme-lake" }]
  }
  expect_failures = [var.invokers]
}

run "the_configuration_may_be_a_secret" {
  variables {
    config_in = "secret"
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].containers[0].env[0].value == "/etc/fedbridge/config.yaml" && google_secret_manager_secret_version.config[0].secret_data == output.config
    error_message = "The service must find its configuration in the mounted secret."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.bridge[0].member == google_service_account.bridge.member
    error_message = "The service account alone must be able to read it."
  }
}

run "requests_may_leave_from_one_address" {
  variables {
    egress_cidr = "10.8.0.0/26"
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].vpc_access[0].egress == "ALL_TRAFFIC" && google_compute_router_nat.egress[0].nat_ip_allocate_option == "MANUAL_ONLY"
    error_message = "All requests must leave through the NAT with the static address."
  }
}

run "keys_and_versions_are_in_the_policy" {
  variables {
    buckets = {
      acme-lake = { region = "us-east-2", kms_keys = ["arn:aws:kms:us-east-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"] }
    }
    grants = [{ callers = ["112010400000000710080"], bucket = "acme-lake", key = "raw/$*.csv", allow = ["get", "versions"] }]
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.read["read"].policy).Statement == [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = ["arn:aws:s3:::acme-lake/raw/$${$}$${*}.csv"]
      },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:us-east-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
        Condition = { StringLike = { "kms:ViaService" = "s3.us-east-2.amazonaws.com*" } }
      },
    ]
    error_message = "One key must be readable in any version, with the KMS key it is encrypted with, and no list."
  }
}

run "a_hop_is_all_that_its_role_may" {
  variables {
    roles = {
      lake = { then = [{ arn = "arn:aws:iam::210987654321:role/lake-data", external_id = "7f3c", source_identity = "caller" }] }
    }
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.hop["lake"].policy).Statement == [{
      Effect   = "Allow"
      Action   = ["sts:AssumeRole", "sts:SetSourceIdentity"]
      Resource = "arn:aws:iam::210987654321:role/lake-data"
    }]
    error_message = "The first role must be allowed the next hop."
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].containers[0].env[0].value == "/etc/fedbridge/config.yaml" && length(google_secret_manager_secret.config) == 1
    error_message = "A configuration that may hold external IDs must be in the secret."
  }
  assert {
    condition     = length(aws_iam_role_policy.read) == 0 && length(output.read_policies["lake"]) > 0
    error_message = "What reads is the last hop's role, whose owner gets the policy from the outputs."
  }
}

run "a_role_of_another_is_not_made" {
  variables {
    roles         = { partner = { arn = "arn:aws:iam::210987654321:role/for-acme" } }
    start_unready = true
  }
  assert {
    condition     = length(aws_iam_role.bridge) == 0 && output.role_arns["partner"] == "arn:aws:iam::210987654321:role/for-acme"
    error_message = "A role with an ARN exists already."
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].containers[0].startup_probe[0].http_get[0].path == "/-/live"
    error_message = "With start_unready a revision must start before its role trusts it."
  }
}

run "a_prefix_ends_with_a_slash" {
  command = plan
  variables {
    grants = [{ callers = ["reader@acme-prod.iam.gserviceaccount.com"], bucket = "acme-lake", prefix = "raw/public" }]
  }
  expect_failures = [var.grants]
}

run "an_image_is_named_by_its_digest" {
  command = plan
  variables {
    image = "europe-west1-docker.pkg.dev/acme-prod/fedbridge/fedbridge:latest"
  }
  expect_failures = [var.image]
}
