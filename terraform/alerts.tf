# What the bridge's log says, counted, and the two things that somebody must be told.

locals {
  of_service = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}\" AND resource.labels.location=\"${var.region}\""

  # Log-based metrics, by the sentences of the bridge (src/server/bridge.ts) and the fields of its request lines (src/observability/access-log.ts).
  log_metrics = {
    role_failures = {
      description = "Role assumptions that failed, by role and fault."
      filter      = "jsonPayload.message=~\"^role .+ could not be assumed$\""
      labels = {
        role  = "REGEXP_EXTRACT(jsonPayload.message, \"^role (.+) could not be assumed\")"
        fault = "EXTRACT(jsonPayload.fault)"
      }
    }
    renewal_failures = {
      description = "Renewals of credentials that failed while the old ones still serve, by role and fault."
      filter      = "jsonPayload.message=~\"^credentials of role .+ could not be renewed\""
      labels = {
        role  = "REGEXP_EXTRACT(jsonPayload.message, \"^credentials of role (.+) could not be renewed\")"
        fault = "EXTRACT(jsonPayload.fault)"
      }
    }
    faults = {
      description = "Requests that did not get what they asked for, by fault and operation."
      filter      = "jsonPayload.requestId:* AND jsonPayload.fault:*"
      labels = {
        fault     = "EXTRACT(jsonPayload.fault)"
        operation = "EXTRACT(jsonPayload.operation)"
      }
    }
  }

  # Cloud Monitoring, "Mapping Cloud Monitoring metric names to PromQL".
  promql = {
    for metric in keys(local.log_metrics) : metric =>
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

  depends_on = [google_project_service.used]
}

# Ready means that at least one role is up. While all of them fail the bridge asks for each again every 30 seconds at most,
# so each fails at least once in three minutes.
resource "google_monitoring_alert_policy" "unready" {
  project               = var.project
  display_name          = "${var.name}: not ready"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = var.notification_channels

  conditions {
    display_name = "For five minutes none of its roles could be assumed"
    condition_prometheus_query_language {
      query               = "count(sum by (role) (increase(${local.promql.role_failures}[3m])) > 0) >= ${length(var.roles)}"
      duration            = "300s"
      evaluation_interval = "30s"
      # The metric exists from its first line on.
      disable_metric_validation = true
    }
  }

  documentation {
    subject   = "${var.name} cannot read S3"
    mime_type = "text/markdown"
    content   = <<-EOT
      The bridge has no AWS credentials, and answers 503 or 502. Its log says why, and what to do, in `jsonPayload.cause` and `jsonPayload.remedy`:

      `${local.of_service} AND jsonPayload.message=~"could not be assumed"`

      `fedbridge doctor` with the service's configuration finds the step that fails.
    EOT
  }

  depends_on = [google_logging_metric.bridge]
}

# Renewal of credentials for an hour begins five minutes before their end, and is tried again every 30 seconds at most: one
# failure is nothing, a third within three minutes leaves two.
resource "google_monitoring_alert_policy" "credentials" {
  project               = var.project
  display_name          = "${var.name}: credentials near their end"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = var.notification_channels

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
    subject   = "${var.name}: credentials of a role are running out"
    mime_type = "text/markdown"
    content   = <<-EOT
      The credentials that the bridge holds still serve, and will not for long: STS has refused, or not answered, each renewal. What it said, and what to do, is in the log:

      `${local.of_service} AND jsonPayload.message=~"could not be renewed"`
    EOT
  }

  depends_on = [google_logging_metric.bridge]
}
