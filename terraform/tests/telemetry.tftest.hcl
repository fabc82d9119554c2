# Sets `traces`, and checks the variables of the service.

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

run "without_traces_no_variables_are_set" {
  assert {
    condition     = toset([for variable in google_cloud_run_v2_service.bridge.template[0].containers[0].env : variable.name]) == toset(["FEDBRIDGE_CONFIG", "LOG_LEVEL"])
    error_message = "The bridge must have only the variables that are always set."
  }
}

run "traces_set_opentelemetrys_variables" {
  variables {
    traces = {
      endpoint            = "https://collector.acme.example:4318"
      sampler             = "parentbased_traceidratio"
      sampler_arg         = 0.001
      resource_attributes = { "deployment.environment.name" = "prod + test" }
    }
  }
  assert {
    condition = { for variable in google_cloud_run_v2_service.bridge.template[0].containers[0].env : variable.name => variable.value if startswith(variable.name, "OTEL_") } == {
      OTEL_EXPORTER_OTLP_ENDPOINT = "https://collector.acme.example:4318"
      OTEL_RESOURCE_ATTRIBUTES    = "deployment.environment.name=prod%20%2B%20test"
      OTEL_TRACES_SAMPLER         = "parentbased_traceidratio"
      OTEL_TRACES_SAMPLER_ARG     = "0.001"
    }
    error_message = "The bridge must have the variables of `traces`, with percent-encoded attributes."
  }
}

run "trace_headers_come_from_a_secret" {
  variables {
    traces = {
      endpoint       = "https://collector.acme.example"
      headers_secret = "projects/acme-keys/secrets/collector-key/versions/3"
    }
  }
  assert {
    condition     = one([for variable in google_cloud_run_v2_service.bridge.template[0].containers[0].env : variable.value_source[0].secret_key_ref[0] if variable.name == "OTEL_EXPORTER_OTLP_HEADERS"]) == { secret = "projects/acme-keys/secrets/collector-key", version = "3" }
    error_message = "Cloud Run must read the headers from the secret."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.trace_headers[0].project == "acme-keys" && google_secret_manager_secret_iam_member.trace_headers[0].secret_id == "collector-key"
    error_message = "The bridge's account must be able to read this secret."
  }
}

run "headers_require_https" {
  command = plan
  variables {
    traces = { endpoint = "http://collector.acme.example:4318", headers_secret = "projects/acme-prod/secrets/collector-key/versions/3" }
  }
  expect_failures = [var.traces]
}
