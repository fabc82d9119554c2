# If `traces` is set: OpenTelemetry's variables for the bridge, and access to the secret with the headers for the collector.

locals {
  # Null without a secret.
  trace_headers = try({
    project   = split("/", var.traces.headers_secret)[1]
    secret_id = split("/", var.traces.headers_secret)[3]
    version   = split("/", var.traces.headers_secret)[5]
  }, null)

  trace_variables = var.traces == null ? {} : {
    for name, text in {
      OTEL_EXPORTER_OTLP_ENDPOINT = var.traces.endpoint
      OTEL_TRACES_SAMPLER         = var.traces.sampler
      OTEL_TRACES_SAMPLER_ARG     = var.traces.sampler_arg == null ? null : tostring(var.traces.sampler_arg)
      # In these values, `+` is not a space.
      OTEL_RESOURCE_ATTRIBUTES = length(var.traces.resource_attributes) == 0 ? null : join(",", [for name, value in var.traces.resource_attributes : "${name}=${replace(urlencode(value), "+", "%20")}"])
    } : name => text if text != null
  }

  # The bridge's variables besides the configuration and the log level. Each has a text, or a version of a secret.
  environment = merge(
    { for name, text in local.trace_variables : name => { text = text, secret = null } },
    var.prometheus_sidecar == null ? {} : { FEDBRIDGE_METRICS_PORT = { text = tostring(local.metrics_port), secret = null } },
    local.trace_headers == null ? {} : {
      OTEL_EXPORTER_OTLP_HEADERS = {
        text = null
        secret = {
          # Cloud Run expects the whole name only for a secret in another project.
          name    = local.trace_headers.project == var.project ? local.trace_headers.secret_id : "projects/${local.trace_headers.project}/secrets/${local.trace_headers.secret_id}"
          version = local.trace_headers.version
        }
      }
    },
  )
}

resource "google_secret_manager_secret_iam_member" "trace_headers" {
  count = local.trace_headers == null ? 0 : 1

  project   = local.trace_headers.project
  secret_id = local.trace_headers.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.account_member

  depends_on = [time_sleep.apis]
}
