# Metrics from the bridge's log, and the two alerts on the bridge's access to AWS. alerts-service.tf has the other alerts.

locals {
  of_service = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}\" AND resource.labels.location=\"${var.region}\""

  # The filters match the bridge's log messages (src/server/bridge.ts) and the fields of its request lines (src/observability/access-log.ts).
  log_metrics = {
    role_failures = {
      description = "Failed role assumptions, by role and fault."
      filter      = "jsonPayload.message=~\"^role .+ could not be assumed$\""
      labels = {
        role  = "REGEXP_EXTRACT(jsonPayload.message, \"^role (.+) could not be assumed\")"
        fault = "EXTRACT(jsonPayload.fault)"
      }
    }
    renewal_failures = {
      description = "Failed renewals of credentials while the old ones are still valid, by role and fault."
      filter      = "jsonPayload.message=~\"^credentials of role .+ could not be renewed\""
      labels = {
        role  = "REGEXP_EXTRACT(jsonPayload.message, \"^credentials of role (.+) could not be renewed\")"
        fault = "EXTRACT(jsonPayload.fault)"
      }
    }
    faults = {
      description = "Failed requests, by fault and operation."
      filter      = "jsonPayload.requestId:* AND jsonPayload.fault:*"
      labels = {
        fault     = "EXTRACT(jsonPayload.fault)"
        operation = "EXTRACT(jsonPayload.operation)"
      }
    }
    s3_denials = {
      description = "Requests that S3 denied, by bucket and role."
      filter      = "jsonPayload.requestId:* AND jsonPayload.s3.code=~\"^AccessDenied$\""
      labels = {
        bucket = "EXTRACT(jsonPayload.bucket)"
        role   = "EXTRACT(jsonPayload.role)"
      }
    }
    budget_warnings = {
      description = "Callers that have used most of an egress budget, by caller."
      filter      = "jsonPayload.event=~\"^egress_budget_warning$\""
      labels = {
        caller = "EXTRACT(jsonPayload.callerId)"
      }
    }
    key_failures = {
      description = "Failed refreshes of the keys that verify callers' tokens, by fault."
      filter      = "jsonPayload.message=~\"^(Google's keys|the keys of issuer .+) could not be (refreshed|fetched)\""
      labels = {
        fault = "EXTRACT(jsonPayload.fault)"
      }
    }
  }

  # Cloud Monitoring, "Mapping Cloud Monitoring metric names to PromQL".
  promql = {
    for metric in concat(keys(local.log_metrics), ["first_byte"]) : metric =>
    "logging_googleapis_com:user_${replace(var.name, "-", "_")}_${metric}{monitored_resource=\"cloud_run_revision\"}"
  }
}

resource "google_logging_metric" "bridge" {
  for_each = local.log_metrics

  project          = var.project
  name             = "${var.name}/${each.key}"
  description      = each.value.description
  filter           = "${local.of_service} AND ${each.value.filter}"
  label_extractors = each.value.labels

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    dynamic "labels" {
      for_each = each.value.labels
      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  depends_on = [time_sleep.apis]
}

# The time until S3's first byte: unlike the latency of a request, it does not depend on the size of the object or the speed of the caller.
resource "google_logging_metric" "first_byte" {
  project         = var.project
  name            = "${var.name}/first_byte"
  description     = "Milliseconds from the request to S3 until its first byte."
  filter          = "${local.of_service} AND jsonPayload.requestId:* AND jsonPayload.milliseconds.s3FirstByte>=0"
  value_extractor = "EXTRACT(jsonPayload.milliseconds.s3FirstByte)"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "ms"
  }
  bucket_options {
    exponential_buckets {
      num_finite_buckets = 24
      growth_factor      = 1.6
      scale              = 1
    }
  }

  depends_on = [time_sleep.apis]
}

# The bridge is ready if it could assume at least one role. While no role can be assumed, it retries each role after 30 seconds
# at most, so each role fails at least once in three minutes.
resource "google_monitoring_alert_policy" "unready" {
  project               = var.project
  display_name          = "${var.name}: not ready"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = var.notification_channels
  user_labels           = var.labels

  conditions {
    display_name = "The bridge could assume no role for five minutes"
    condition_prometheus_query_language {
      query               = "count(sum by (role) (increase(${local.promql.role_failures}[3m])) > 0) >= ${length(var.roles)}"
      duration            = "300s"
      evaluation_interval = "30s"
      # The metric does not exist before its first log line.
      disable_metric_validation = true
    }
  }

  documentation {
    subject   = "${var.name} cannot read S3"
    mime_type = "text/markdown"
    content   = <<-EOT
      The bridge has no AWS credentials, and responds with 503 or 502. Its log shows the cause and the remedy in `jsonPayload.cause` and `jsonPayload.remedy`:

      `${local.of_service} AND jsonPayload.message=~"could not be assumed"`

      Run `fedbridge doctor` with the service's configuration to find the failing step.
    EOT
  }

  depends_on = [google_logging_metric.bridge]
}

# The bridge begins to renew one-hour credentials five minutes before they expire, and retries after 30 seconds at most. A single
# failure is harmless; after a third failure within three minutes, about two minutes remain.
resource "google_monitoring_alert_policy" "credentials" {
  project               = var.project
  display_name          = "${var.name}: credentials about to expire"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = var.notification_channels
  user_labels           = var.labels

  conditions {
    display_name = "Renewal of a role's credentials keeps failing"
    condition_prometheus_query_language {
      query                     = "sum by (role) (increase(${local.promql.renewal_failures}[3m])) > 2"
      duration                  = "0s"
      evaluation_interval       = "30s"
      disable_metric_validation = true
    }
  }

  documentation {
    subject   = "${var.name}: credentials of a role are about to expire"
    mime_type = "text/markdown"
    content   = <<-EOT
      The bridge's credentials are still valid but expire soon: STS has rejected each renewal, or has not responded. The log shows the cause and the remedy:

      `${local.of_service} AND jsonPayload.message=~"could not be renewed"`
    EOT
  }

  depends_on = [google_logging_metric.bridge]
}
