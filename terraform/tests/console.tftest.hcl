# Checks the console's service, who may open it, and its part of the configuration.

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
  grants     = [{ callers = ["reader@acme-prod.iam.gserviceaccount.com", "user:Ana@acme.example"], bucket = "acme-lake", prefix = "raw/public/" }]
  image      = "europe-west1-docker.pkg.dev/acme-prod/fedbridge/fedbridge@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  console    = { viewers = ["group:data@acme.example"] }
}

run "only_iap_can_call_the_console" {
  assert {
    condition     = google_cloud_run_v2_service.console[0].iap_enabled && !google_cloud_run_v2_service.console[0].invoker_iam_disabled
    error_message = "Both IAP and Cloud Run's own check must be on."
  }
  assert {
    condition     = google_cloud_run_v2_service_iam_member.console[0].member == "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com" && google_cloud_run_v2_service_iam_member.console[0].role == "roles/run.invoker" && google_cloud_run_v2_service_iam_member.console[0].name == "fedbridge-console"
    error_message = "IAP's service agent must be the invoker of the console."
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.iap_enabled != true && length(google_cloud_run_v2_service_iam_member.invoker) == 0
    error_message = "IAP must not be in front of the bridge."
  }
}

run "people_in_grants_and_viewers_can_open_the_console" {
  assert {
    condition     = toset([for viewer in google_iap_web_cloud_run_service_iam_member.console : viewer.member]) == toset(["user:ana@acme.example", "group:data@acme.example"])
    error_message = "The people whom grants name and the viewers must be able to open the console, and nobody else."
  }
  assert {
    condition     = alltrue([for viewer in google_iap_web_cloud_run_service_iam_member.console : viewer.project == "123456789012" && viewer.role == "roles/iap.httpsResourceAccessor" && viewer.cloud_run_service_name == "fedbridge-console"])
    error_message = "The role must be on the console only, with the project's number."
  }
}

run "the_console_is_the_same_program_as_the_same_account" {
  assert {
    condition     = google_cloud_run_v2_service.console[0].template[0].service_account == google_cloud_run_v2_service.bridge.template[0].service_account && google_cloud_run_v2_service.console[0].template[0].containers[0].image == google_cloud_run_v2_service.bridge.template[0].containers[0].image && google_cloud_run_v2_service.console[0].template[0].containers[0].args == tolist(["console"])
    error_message = "The console must run the bridge's image as the bridge's account, with its own command."
  }
  assert {
    condition     = one([for variable in google_cloud_run_v2_service.console[0].template[0].containers[0].env : variable.value if variable.name == "FEDBRIDGE_CONFIG"]) == output.config && yamldecode(output.config).console.audience == "/projects/123456789012/locations/europe-west1/services/fedbridge-console"
    error_message = "The console must have the bridge's configuration, with the audience of its own service."
  }
  assert {
    condition     = output.console_url == "https://fedbridge-console-123456789012.europe-west1.run.app"
    error_message = "The output must be the console's URL."
  }
}

run "people_require_the_console" {
  command = plan
  variables {
    console = null
  }
  expect_failures = [var.console]
}

run "without_people_there_is_no_console" {
  command = plan
  variables {
    console = null
    grants  = [{ callers = ["reader@acme-prod.iam.gserviceaccount.com"], bucket = "acme-lake" }]
  }
  assert {
    condition     = length(google_cloud_run_v2_service.console) + length(google_cloud_run_v2_service_iam_member.console) + length(google_iap_web_cloud_run_service_iam_member.console) == 0 && output.console_url == null
    error_message = "The console must be created only if its variable is set."
  }
}
