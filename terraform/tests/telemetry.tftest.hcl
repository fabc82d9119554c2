# Sets `prometheus_sidecar` and `traces`, and checks what the service then runs and may read.

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

run "without_a_sidecar_the_bridge_is_the_only_container" {
  assert {
    condition     = length(google_cloud_run_v2_service.bridge.template[0].containers) == 1 && google_cloud_run_v2_service.bridge.template[0].containers[0].resources[0].cpu_idle
    error_message = "The service must have one container, which has CPU only during requests."
  }
  assert {
    condition     = length(google_secret_manager_secret.prometheus) + length(google_project_iam_member.prometheus) + length(google_secret_manager_secret_iam_member.trace_headers) == 0
    error_message = "The bridge's account must have no permissions."
  }
  assert {
    condition     = toset([for variable in google_cloud_run_v2_service.bridge.template[0].containers[0].env : variable.name]) == toset(["FEDBRIDGE_CONFIG", "LOG_LEVEL"])
    error_message = "The bridge must have only the variables that are always set."
  }
}

run "sidecar_starts_after_the_bridge_and_gets_no_requests" {
  variables {
    prometheus_sidecar = { image = "us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar@sha256:1111111111111111111111111111111111111111111111111111111111111111" }
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].containers[1].image == var.prometheus_sidecar.image && google_cloud_run_v2_service.bridge.template[0].containers[1].depends_on == tolist([google_cloud_run_v2_service.bridge.template[0].containers[0].name])
    error_message = "The second container must be the sidecar, and depend on the bridge's container by name."
  }
  assert {
    condition     = length(google_cloud_run_v2_service.bridge.template[0].containers[0].ports) == 1 && length(google_cloud_run_v2_service.bridge.template[0].containers[1].ports) == 0
    error_message = "Only the bridge's container must have a port."
  }
  assert {
    condition     = alltrue([for container in google_cloud_run_v2_service.bridge.template[0].containers : !container.resources[0].cpu_idle])
    error_message = "Both containers must have CPU between requests."
  }
}

run "sidecar_scrapes_the_port_without_a_token" {
  variables {
    prometheus_sidecar = {
      image    = "us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar@sha256:1111111111111111111111111111111111111111111111111111111111111111"
      interval = "30s"
    }
  }
  assert {
    condition = yamldecode(google_secret_manager_secret_version.prometheus[0].secret_data) == {
      apiVersion = "monitoring.googleapis.com/v1beta"
      kind       = "RunMonitoring"
      metadata   = { name = "fedbridge" }
      spec       = { endpoints = [{ interval = "30s", path = "/-/metrics", port = 9101, timeout = "10s" }] }
    }
    error_message = "The sidecar's configuration must have exactly the fields that the sidecar accepts."
  }
  assert {
    condition     = one([for variable in google_cloud_run_v2_service.bridge.template[0].containers[0].env : variable.value if variable.name == "FEDBRIDGE_METRICS_PORT"]) == "9101"
    error_message = "The bridge must serve its metrics on the port that the sidecar scrapes."
  }
  assert {
    condition     = length([for variable in google_cloud_run_v2_service.bridge.template[0].containers[0].env : variable if variable.name == "FEDBRIDGE_METRICS_HOST"]) == 0
    error_message = "The metrics port must listen only on the loopback address, which is the default."
  }
  assert {
    condition     = google_cloud_run_v2_service.bridge.template[0].containers[1].volume_mounts[0].mount_path == "/etc/rungmp" && one([for volume in google_cloud_run_v2_service.bridge.template[0].volumes : volume.secret[0].items[0].path if volume.name == google_cloud_run_v2_service.bridge.template[0].containers[1].volume_mounts[0].name]) == "config.yaml"
    error_message = "The sidecar must find its configuration at /etc/rungmp/config.yaml."
  }
}

run "sidecar_may_only_read_its_secret_and_write_metrics" {
  variables {
    prometheus_sidecar = { image = "us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar@sha256:1111111111111111111111111111111111111111111111111111111111111111" }
  }
  assert {
    condition     = google_project_iam_member.prometheus[0].role == "roles/monitoring.metricWriter" && google_project_iam_member.prometheus[0].member == "serviceAccount:${google_service_account.bridge[0].email}"
    error_message = "The bridge's account must be able to write metrics."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.prometheus[0].role == "roles/secretmanager.secretAccessor" && google_secret_manager_secret_iam_member.prometheus[0].secret_id == google_secret_manager_secret.prometheus[0].secret_id
    error_message = "The bridge's account must be able to read the sidecar's configuration."
  }
  assert {
    condition     = contains(output.apis, "secretmanager.googleapis.com")
    error_message = "The secret requires Secret Manager's API."
  }
}

run "sidecar_image_must_have_a_digest" {
  command = plan
  variables {
    prometheus_sidecar = { image = "us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar:latest" }
  }
  expect_failures = [var.prometheus_sidecar]
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
