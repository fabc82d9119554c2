# Sets one optional variable at a time, and checks its effect.

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
  image      = "europe-west1-docker.pkg.dev/acme-prod/fedbridge/fedbridge@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "invoker_check_admits_callers_and_invokers" {
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
    error_message = "The callers and the invokers must have roles/run.invoker."
  }
  assert {
    condition     = tolist(google_cloud_run_v2_service.bridge.custom_audiences) == tolist(yamldecode(output.config).audience)
    error_message = "Cloud Run must accept the same audiences as the bridge."
  }
}

run "invoker_check_requires_invokers_for_projects" {
  command = plan
  variables {
    invoker_check = true
    grants        = [{ callers = ["project:acme-analytics"], bucket = "acme-lake" }]
  }
  expect_failures = [var.invokers]
}

run "configuration_can_be_a_secret" {
  variables {
    config_in = "secret"
  }
  assert {
    condition     = one([for variable in google_cloud_run_v2_service.bridge.template[0].containers[0].env : variable.value if variable.name == "FEDBRIDGE_CONFIG"]) == "/etc/fedbridge/config.yaml" && google_secret_manager_secret_version.config[0].secret_data == output.config
    error_message = "The service must read its configuration from the mounted secret."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.bridge[0].member == "serviceAccount:${google_service_account.bridge[0].email}"
    error_message = "Only the service account must be able to read the secret."
  }
}

run "requests_can_use_one_static_address" {
  variables {
    egress_cidr = "10.8.0.0/26"
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].vpc_access[0].egress == "ALL_TRAFFIC" && google_compute_router_nat.egress[0].nat_ip_allocate_option == "MANUAL_ONLY"
    error_message = "All requests must leave through the NAT with the static address."
  }
}

run "policy_contains_kms_keys_and_versions" {
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
    error_message = "The policy must allow reading any version of the one key and decrypting with its KMS key, but no list."
  }
}

run "role_with_a_hop_may_only_assume_the_hop" {
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
    error_message = "The first role must be allowed to assume the next one."
  }
  assert {
    condition     = one([for variable in google_cloud_run_v2_service.bridge.template[0].containers[0].env : variable.value if variable.name == "FEDBRIDGE_CONFIG"]) == "/etc/fedbridge/config.yaml" && length(google_secret_manager_secret.config) == 1
    error_message = "A configuration that may contain external IDs must be in the secret."
  }
  assert {
    condition     = length(aws_iam_role_policy.read) == 0 && length(output.read_policies["lake"]) > 0
    error_message = "Only the last hop's role reads, and its owner gets the read policy from the outputs."
  }
}

run "existing_role_is_not_created" {
  variables {
    roles         = { partner = { arn = "arn:aws:iam::210987654321:role/for-acme" } }
    start_unready = true
  }
  assert {
    condition     = length(aws_iam_role.bridge) == 0 && output.role_arns["partner"] == "arn:aws:iam::210987654321:role/for-acme"
    error_message = "A role with an ARN must not be created, because it already exists."
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].containers[0].startup_probe[0].http_get[0].path == "/-/live"
    error_message = "With start_unready, a revision must start even before its role trusts it."
  }
}

run "prefix_must_end_with_a_slash" {
  command = plan
  variables {
    grants = [{ callers = ["reader@acme-prod.iam.gserviceaccount.com"], bucket = "acme-lake", prefix = "raw/public" }]
  }
  expect_failures = [var.grants]
}

run "image_must_have_a_digest" {
  command = plan
  variables {
    image = "europe-west1-docker.pkg.dev/acme-prod/fedbridge/fedbridge:latest"
  }
  expect_failures = [var.image]
}

run "the_front_end_may_speak_http2_to_the_bridge" {
  command = plan
  variables {
    port_name = "h2c"
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].containers[0].ports[0].name == "h2c"
    error_message = "The port must have the name that Cloud Run uses for HTTP/2."
  }
}

run "a_port_has_one_of_two_names" {
  command = plan
  variables {
    port_name = "http2"
  }
  expect_failures = [var.port_name]
}
