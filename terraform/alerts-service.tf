# Alerts on the service as callers see it, on single roles, on denials by S3, on egress budgets, and on the keys of issuers.

locals {
  # Cloud Run counts every request, also those that never reach the bridge.
  run_metric = {
    for metric in ["request_count", "container_instance_count"] : metric =>
    "run_googleapis_com:${metric}{monitored_resource=\"cloud_run_revision\",service_name=\"${var.name}\",location=\"${var.region}\"}"
  }
  # Each filter by label is added to the metric's own filter.
  errors_5xx = replace(local.run_metric.request_count, "}", ",response_code_class=\"5xx\"}")
  overload   = replace(local.promql.faults, "}", ",fault=~\"overloaded|event_loop_lagging\"}")
  budget     = replace(local.promql.faults, "}", ",fault=\"egress_budget_exceeded\"}")
  no_keys    = replace(local.promql.faults, "}", ",fault=~\"signing_keys_unavailable|issuer_keys_unavailable\"}")

  service_alerts = {
    errors = {
      title    = "too many 5xx responses"
      severity = "ERROR"
      # Few errors are not a ratio.
      query    = "sum(increase(${local.errors_5xx}[5m])) / sum(increase(${local.run_metric.request_count}[5m])) > ${var.alert_thresholds.error_ratio} and sum(increase(${local.errors_5xx}[5m])) >= 10"
      duration = "300s"
      logs     = "severity>=ERROR"
      text     = "More than ${var.alert_thresholds.error_ratio * 100} % of the responses are 5xx. `jsonPayload.fault` shows the cause, and `jsonPayload.remedy` what to do. Responses without a log line are from Cloud Run itself."
    }
    first_byte = {
      title    = "S3 responds slowly"
      severity = "WARNING"
      query    = "histogram_quantile(0.95, sum by (le) (increase(${replace(local.promql.first_byte, "first_byte{", "first_byte_bucket{")}[10m]))) > ${var.alert_thresholds.first_byte_ms}"
      duration = "600s"
      logs     = "jsonPayload.milliseconds.s3FirstByte>${var.alert_thresholds.first_byte_ms}"
      text     = "For one request in twenty, S3's first byte takes longer than ${var.alert_thresholds.first_byte_ms} ms. Check the AWS Health Dashboard, the network path to AWS, and the region of the buckets."
    }
    overload = {
      title    = "overloaded"
      severity = "WARNING"
      query    = "sum(increase(${local.overload}[5m])) > 0"
      duration = "300s"
      logs     = "jsonPayload.fault=(\"overloaded\" OR \"event_loop_lagging\")"
      text     = "The bridge rejects requests because a limit is reached. Raise `max_instances`, or have callers send fewer concurrent requests."
    }
    role = {
      title    = "a role cannot be assumed"
      severity = "ERROR"
      query    = "sum by (role) (increase(${local.promql.role_failures}[5m])) > 0"
      duration = "600s"
      logs     = "jsonPayload.message=~\"could not be assumed\""
      text     = "Reads of this role's buckets fail. Other roles may still work, so the service stays ready. Run `fedbridge doctor` with the service's configuration."
    }
    s3_denials = {
      title    = "S3 denies more requests than usual"
      severity = "WARNING"
      query    = "sum by (bucket) (increase(${local.promql.s3_denials}[10m])) > ${var.alert_thresholds.s3_denials} unless sum by (bucket) (increase(${local.promql.s3_denials}[10m])) <= 3 * sum by (bucket) (increase(${local.promql.s3_denials}[1h] offset 10m)) / 6"
      duration = "0s"
      logs     = "jsonPayload.s3.code=\"AccessDenied\""
      text     = "In ten minutes, S3 denied more than ${var.alert_thresholds.s3_denials} requests to a bucket, and more than three times as many as in the hour before. A policy may have changed, or a caller reads keys that do not exist. `jsonPayload.s3` and `jsonPayload.remedy` show what S3 reported."
    }
    budget_warnings = {
      title    = "a caller has used most of its egress budget"
      severity = "WARNING"
      query    = "sum by (caller) (increase(${local.promql.budget_warnings}[10m])) > 0"
      duration = "0s"
      logs     = "jsonPayload.event=\"egress_budget_warning\""
      text     = "A caller has reached `warn_at` of its budget for today (`settings.budgets`). Each instance counts on its own. Reads over the budget are denied until 00:00 UTC."
    }
    budget_denials = {
      title    = "reads are denied because of an egress budget"
      severity = "WARNING"
      query    = "sum(increase(${local.budget}[10m])) > 0"
      duration = "0s"
      logs     = "jsonPayload.fault=\"egress_budget_exceeded\""
      text     = "A caller has used up its budget for today (`settings.budgets`), or its next read does not fit. `jsonPayload.caller` shows who, and `jsonPayload.cause` the budget and what is used. Check what the caller reads; raise `bytes_per_day` if it needs more."
    }
    keys = {
      title    = "keys that verify tokens cannot be fetched"
      severity = "ERROR"
      query    = "(sum(increase(${local.promql.key_failures}[10m])) > 0) or (sum(increase(${local.no_keys}[10m])) > 0)"
      duration = "600s"
      logs     = "jsonPayload.fault=(\"signing_keys_unavailable\" OR \"issuer_keys_unavailable\")"
      text     = "Known keys stay in use, but new callers are rejected when Google or another issuer changes its keys. Check egress to the key set's URL."
    }
  }
}

resource "google_monitoring_alert_policy" "service" {
  for_each = local.service_alerts

  project               = var.project
  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = var.notification_channels
  user_labels           = var.labels

  conditions {
    display_name = each.value.title
    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = each.value.duration
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  documentation {
    subject   = "${var.name}: ${each.value.title}"
    mime_type = "text/markdown"
    content   = "${each.value.text}\n\nLog lines: `${local.of_service} AND ${each.value.logs}`"
  }

  depends_on = [google_logging_metric.bridge, google_logging_metric.first_byte]
}
