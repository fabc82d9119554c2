# Sets the variables of the log bucket, the dashboard and the alerts, and checks their effects.

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

run "by_default_there_is_a_dashboard_but_no_log_bucket" {
  assert {
    condition     = length(google_logging_project_bucket_config.bridge) + length(google_logging_project_sink.bridge) == 0
    error_message = "A log bucket and a sink must be created only if log_bucket is set."
  }
  assert {
    condition     = alltrue([for widget in jsondecode(google_monitoring_dashboard.bridge[0].dashboard_json).gridLayout.widgets : widget.title != "" && widget.xyChart.dataSets[0].timeSeriesQuery.prometheusQuery != ""])
    error_message = "Each chart of the dashboard must have a title and a query."
  }
}

run "log_bucket_keeps_the_log_of_only_this_service" {
  variables {
    log_bucket = { retention_days = 30 }
  }
  assert {
    condition     = google_logging_project_bucket_config.bridge[0].retention_days == 30 && google_logging_project_bucket_config.bridge[0].enable_analytics && google_logging_project_bucket_config.bridge[0].location == "europe-west1"
    error_message = "The log bucket must have the retention and Log Analytics, and be in the region of the service."
  }
  assert {
    condition     = google_logging_project_sink.bridge[0].filter == "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"fedbridge\" AND resource.labels.location=\"europe-west1\""
    error_message = "The sink must route only the log of this service."
  }
}

run "log_bucket_can_be_in_another_location" {
  variables {
    log_bucket = { location = "eu" }
  }
  assert {
    condition     = google_logging_project_bucket_config.bridge[0].location == "eu" && google_logging_project_bucket_config.bridge[0].retention_days == 400
    error_message = "The log bucket must be in the location, and keep logs for 400 days by default."
  }
}

run "dashboard_can_be_omitted" {
  variables {
    dashboard = false
  }
  assert {
    condition     = length(google_monitoring_dashboard.bridge) == 0
    error_message = "There must be no dashboard."
  }
}

run "alerts_use_the_thresholds_and_notify_the_channels" {
  variables {
    alert_thresholds      = { error_ratio = 0.2 }
    notification_channels = ["projects/acme-prod/notificationChannels/1"]
  }
  assert {
    condition     = strcontains(google_monitoring_alert_policy.service["errors"].conditions[0].condition_prometheus_query_language[0].query, " > 0.2 ")
    error_message = "The alert on 5xx responses must use the threshold."
  }
  assert {
    condition     = alltrue([for policy in concat(values(google_monitoring_alert_policy.service), [google_monitoring_alert_policy.unready, google_monitoring_alert_policy.credentials]) : contains(policy.notification_channels, "projects/acme-prod/notificationChannels/1")])
    error_message = "Every alert must notify the channels."
  }
}
