# The variables that send the bridge's metrics and traces elsewhere.

variable "prometheus_sidecar" {
  description = "Runs Google's Managed Service for Prometheus sidecar in each instance. It sends the bridge's Prometheus metrics to Cloud Monitoring (docs/how-to/deploy-cloud-run.md). `image` is us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar by digest; the error for a missing digest shows the command that looks it up. `interval` is the time between scrapes (60s by default). The sidecar adds one CPU and 512 MiB to each instance, and instances always have CPU, as with `cpu_idle = false`, so that their whole lifetime is billed for both containers. The sidecar runs as the bridge's service account, which gets roles/monitoring.metricWriter. Not yet tried on Google Cloud."
  type = object({
    image    = string
    interval = optional(string, "60s")
  })
  default = null

  validation {
    condition     = var.prometheus_sidecar == null ? true : can(regex("^[a-z0-9.-]+(:[0-9]+)?/.+@sha256:[0-9a-f]{64}$", var.prometheus_sidecar.image))
    error_message = "prometheus_sidecar: image must name a digest, us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar@sha256:…, because the sidecar can act as the bridge's service account, and a tag may point to another image later. Find the current tag on Google's page \"Write Prometheus metrics by using the Prometheus sidecar\" (Cloud Run). `gcloud artifacts docker images describe IMAGE:TAG --format 'value(image_summary.digest)'` shows its digest."
  }
  validation {
    condition     = var.prometheus_sidecar == null ? true : alltrue([for seconds in [try(tonumber(regex("^([0-9]{1,3})s$", var.prometheus_sidecar.interval)[0]), 0)] : seconds >= 10 && seconds <= 300])
    error_message = "prometheus_sidecar: interval must be 10s to 300s, in whole seconds. Write \"60s\", for example."
  }
}

variable "traces" {
  description = "Sends traces to an OpenTelemetry collector (docs/how-to/trace-requests.md). `endpoint` is the URL of a collector that accepts OTLP over HTTP; the bridge appends /v1/traces. The module runs no collector. `sampler` and `sampler_arg` select the traced requests, as OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG do. `headers_secret` is the version of a secret that contains the headers for the collector, as NAME=VALUE,NAME=VALUE with percent-encoded values, such as projects/acme-prod/secrets/collector-key/versions/1; the headers are not in Terraform's state, and the bridge's service account gets access to this secret. `resource_attributes` are attributes of the service in traces, such as { \"deployment.environment.name\" = \"prod\" }."
  type = object({
    endpoint            = string
    sampler             = optional(string)
    sampler_arg         = optional(number)
    headers_secret      = optional(string)
    resource_attributes = optional(map(string), {})
  })
  default = null

  validation {
    condition     = var.traces == null ? true : can(regex("^https?://([a-z0-9_-]+(\\.[a-z0-9_-]+)*\\.?|\\[[0-9a-f:.]+\\])(:[0-9]{1,5})?(/[!-~]*)?$", lower(var.traces.endpoint))) && !can(regex("[?#@\\\\]", var.traces.endpoint))
    error_message = "traces: endpoint must be an http or https URL without user name, query and fragment. Write https://collector.acme.example:4318, for example, and put keys into headers_secret."
  }
  validation {
    condition     = var.traces == null ? true : !can(regex("^https?://(127(\\.[0-9]+){3}|localhost|\\[::1\\])(:|/|$)", lower(var.traces.endpoint)))
    error_message = "traces: endpoint must not be a loopback address, because the module runs no collector in the service's instances. Set the URL of a collector that the service can reach."
  }
  validation {
    condition     = var.traces == null ? true : var.traces.headers_secret == null || startswith(lower(var.traces.endpoint), "https://")
    error_message = "traces: endpoint must use https if headers_secret is set, because the headers usually contain a key. Use https, or remove headers_secret."
  }
  validation {
    condition     = try(var.traces.headers_secret, null) == null ? true : can(regex("^projects/[^/]+/secrets/[A-Za-z0-9_-]{1,255}/versions/[0-9]+$", var.traces.headers_secret))
    error_message = "traces: headers_secret must be projects/PROJECT/secrets/NAME/versions/NUMBER. `latest` is not accepted, because instances that start at different times would send different headers. `gcloud secrets versions list NAME` shows the numbers."
  }
  validation {
    condition     = try(var.traces.sampler, null) == null ? true : contains(["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"], var.traces.sampler)
    error_message = "traces: sampler must be always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or parentbased_traceidratio. Omit it for parentbased_always_on."
  }
  validation {
    condition     = try(var.traces.sampler_arg, null) == null ? true : var.traces.sampler_arg >= 0 && var.traces.sampler_arg <= 1
    error_message = "traces: sampler_arg must be a number from 0 to 1. Write 0.001 to trace one request in a thousand."
  }
  validation {
    condition     = try(var.traces.sampler_arg, null) == null ? true : endswith(coalesce(var.traces.sampler, "none"), "traceidratio")
    error_message = "traces: sampler_arg must be omitted unless sampler is traceidratio or parentbased_traceidratio, because other samplers ignore it. Set sampler to parentbased_traceidratio, or remove sampler_arg."
  }
  validation {
    condition     = alltrue([for name, value in try(var.traces.resource_attributes, {}) : can(regex("^[!-+.-<>-~-]{1,255}$", name)) && can(regex("^\\P{C}{0,255}$", value))])
    error_message = "traces: resource_attributes must have names of at most 255 visible ASCII characters without `,` and `=`, and values of at most 255 characters without control characters. Write { \"deployment.environment.name\" = \"prod\" }, for example."
  }
}
