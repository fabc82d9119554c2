# The variables of the log bucket, the dashboard and the alerts.

variable "log_bucket" {
  description = "A log bucket of its own for the service's log, with Log Analytics for SQL (docs/operate/who-read-what.md): `retention_days`, 400 by default, and `location`, by default `region`. Log lines are also in the project's default bucket, and Google charges for both. Log buckets are not encrypted with `encryption_key`."
  type = object({
    retention_days = optional(number, 400)
    location       = optional(string)
  })
  default = null

  validation {
    condition     = var.log_bucket == null ? true : var.log_bucket.retention_days >= 1 && var.log_bucket.retention_days <= 3650 && floor(var.log_bucket.retention_days) == var.log_bucket.retention_days
    error_message = "log_bucket: retention_days must be a whole number from 1 to 3650. Audits often require 400 days."
  }
  validation {
    condition     = var.log_bucket == null || var.encryption_key == null
    error_message = "log_bucket must be omitted if encryption_key is set, because the module cannot encrypt a log bucket with the key. Create a bucket with your key, and a sink to it, yourself."
  }
}

variable "dashboard" {
  description = "Whether to create a Cloud Monitoring dashboard with requests, S3's response times, faults, denials and instances."
  type        = bool
  default     = true
}

variable "alert_thresholds" {
  description = "When alerts open: `error_ratio`, the share of 5xx responses (0.05 by default); `first_byte_ms`, the 95th percentile of the time until S3's first byte (2000); `s3_denials`, the denials by S3 per bucket in ten minutes (20)."
  type = object({
    error_ratio   = optional(number, 0.05)
    first_byte_ms = optional(number, 2000)
    s3_denials    = optional(number, 20)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alert_thresholds.error_ratio > 0 && var.alert_thresholds.error_ratio < 1
    error_message = "alert_thresholds: error_ratio must be a number between 0 and 1. Write 0.05 for five percent."
  }
  validation {
    condition     = var.alert_thresholds.first_byte_ms > 0 && var.alert_thresholds.s3_denials >= 0
    error_message = "alert_thresholds: first_byte_ms must be positive, and s3_denials must not be negative. Omit a threshold to use its default."
  }
}
