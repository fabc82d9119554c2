# Brings along what a company already has, and checks that the module uses it and creates nothing in its place.

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
  project         = "acme-prod"
  region          = "europe-west1"
  aws_region      = "eu-west-1"
  buckets         = { acme-lake = {} }
  grants          = [{ callers = ["reader@acme-prod.iam.gserviceaccount.com"], bucket = "acme-lake", prefix = "raw/public/" }]
  image           = "europe-west1-docker.pkg.dev/acme-images/docker/fedbridge@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  service_account = { email = "lake@acme-identity.iam.gserviceaccount.com", unique_id = "104815162342108150099" }
}

run "service_runs_as_the_existing_account" {
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].service_account == "lake@acme-identity.iam.gserviceaccount.com" && length(google_service_account.bridge) == 0
    error_message = "The service must run as the existing account, and no account must be created."
  }
  assert {
    condition     = jsondecode(output.trust_policy).Statement[0].Condition.StringEquals["accounts.google.com:sub"] == "104815162342108150099"
    error_message = "The roles must trust the existing account's unique ID."
  }
}

run "cloud_run_may_pull_an_image_of_another_project" {
  assert {
    condition     = google_artifact_registry_repository_iam_member.run[0].project == "acme-images" && google_artifact_registry_repository_iam_member.run[0].location == "europe-west1" && google_artifact_registry_repository_iam_member.run[0].repository == "docker"
    error_message = "The grant must be on the repository of the image."
  }
  assert {
    condition     = google_artifact_registry_repository_iam_member.run[0].member == "serviceAccount:service-123456789012@serverless-robot-prod.iam.gserviceaccount.com"
    error_message = "Cloud Run's service agent must be able to pull the image."
  }
}

run "requests_can_use_a_subnet_of_a_shared_vpc" {
  variables {
    vpc = { subnet = "projects/acme-network/regions/europe-west1/subnetworks/lake", tags = ["aws"] }
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].vpc_access[0].network_interfaces[0].subnetwork == "projects/acme-network/regions/europe-west1/subnetworks/lake" && google_cloud_run_v2_service.bridge.template[0].vpc_access[0].egress == "ALL_TRAFFIC"
    error_message = "All requests must use the subnet."
  }
  assert {
    condition     = google_compute_subnetwork_iam_member.run[0].project == "acme-network" && google_compute_subnetwork_iam_member.run[0].subnetwork == "lake" && length(google_compute_network.egress) == 0
    error_message = "Cloud Run's service agent must be able to use the subnet, and no network must be created."
  }
}

run "roles_have_a_path_a_boundary_and_tags" {
  variables {
    aws_roles = {
      path                 = "/data/"
      permissions_boundary = "arn:aws:iam::123456789012:policy/data-boundary"
      tags                 = { team = "data" }
    }
  }
  assert {
    condition     = aws_iam_role.bridge["read"].path == "/data/" && aws_iam_role.bridge["read"].permissions_boundary == "arn:aws:iam::123456789012:policy/data-boundary" && aws_iam_role.bridge["read"].tags["team"] == "data"
    error_message = "The role must have the path, the boundary and the tags."
  }
}

run "everything_stored_is_encrypted_with_the_key" {
  variables {
    encryption_key = "projects/acme-keys/locations/europe-west1/keyRings/data/cryptoKeys/lake"
    config_in      = "secret"
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].encryption_key == var.encryption_key && google_secret_manager_secret.config[0].replication[0].user_managed[0].replicas[0].customer_managed_encryption[0].kms_key_name == var.encryption_key
    error_message = "The service and the secret must use the key."
  }
  assert {
    condition     = toset(keys(google_kms_crypto_key_iam_member.agents)) == toset(["run", "secretmanager"])
    error_message = "Only the service agents that store something may use the key."
  }
}

run "others_can_enable_apis_and_grant_roles" {
  variables {
    enable_apis          = false
    grant_service_agents = false
    encryption_key       = "projects/acme-keys/locations/europe-west1/keyRings/data/cryptoKeys/lake"
    vpc                  = { subnet = "projects/acme-network/regions/europe-west1/subnetworks/lake" }
  }
  assert {
    condition     = length(google_project_service.used) + length(google_project_service_identity.agents) + length(google_artifact_registry_repository_iam_member.run) + length(google_compute_subnetwork_iam_member.run) + length(google_kms_crypto_key_iam_member.agents) == 0
    error_message = "The module must enable no API and grant nothing outside of the service."
  }
  assert {
    condition     = contains(output.apis, "run.googleapis.com") && contains(output.apis, "compute.googleapis.com")
    error_message = "The output must list the APIs to enable."
  }
}

run "resources_have_the_labels" {
  variables {
    labels = { cost_center = "data-42" }
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.labels["cost_center"] == "data-42" && google_monitoring_alert_policy.unready.user_labels["cost_center"] == "data-42"
    error_message = "The service and the alerts must have the labels."
  }
}
