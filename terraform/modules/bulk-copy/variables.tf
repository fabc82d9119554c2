# What to copy, where to, when and by which path. Only the first three variables and, except for events, start_date are required.

variable "project" {
  description = "ID of the Google Cloud project that the transfer job runs in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project must be a project ID: 6 to 30 lowercase letters, digits and hyphens. `gcloud projects list` shows it; the project's number and name are not accepted."
  }
}

variable "source_bucket" {
  description = "Name of the S3 bucket to copy from. For events, the region of the aws provider must be the bucket's."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.source_bucket)) && !can(regex("(-s3alias|--ol-s3|\\.mrap|--xa?-s3|--table-s3)$", var.source_bucket))
    error_message = "source_bucket must be the name of a general purpose bucket: 3 to 63 lowercase letters, digits, dots and hyphens. Storage Transfer Service accepts no s3:// URL, ARN or access point."
  }
}

variable "sink_bucket" {
  description = "Name of the Cloud Storage bucket to copy to. It must exist."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$", var.sink_bucket))
    error_message = "sink_bucket must be the name of a bucket: lowercase letters, digits, dots, hyphens and underscores. Write it without gs://."
  }
}

variable "prefix" {
  description = "Prefix of the keys to copy. It ends with \"/\". The role may read nothing else. Without it, the job copies the whole bucket."
  type        = string
  default     = null

  validation {
    condition     = var.prefix == null ? true : can(regex("^[^/].*/$", var.prefix)) && length(var.prefix) <= 1024
    error_message = "prefix must end with \"/\", must not begin with \"/\", and must have at most 1,024 characters: Storage Transfer Service accepts only whole folders. Write raw/public/, for example."
  }
}

variable "sink_path" {
  description = "What the names of the copies begin with, instead of `prefix`. It ends with \"/\", or is empty. By default, copies have the same names as in S3."
  type        = string
  default     = null

  validation {
    condition     = var.sink_path == null ? true : can(regex("^([^/].*/)?$", var.sink_path))
    error_message = "sink_path must be empty, or end with \"/\" and not begin with \"/\". Write from-s3/, for example."
  }
}

variable "mode" {
  description = "When the job copies: once (on `start_date`), schedule (from `start_date`, every `repeat`) or events (each new object, soon after S3 has it). Events do not copy the objects that already exist: copy those once with another instance of this module, with another `name` and `grant_sink_access = false`. No mode deletes objects in the sink."
  type        = string
  default     = "once"

  validation {
    condition     = contains(["once", "schedule", "events"], var.mode)
    error_message = "mode must be once, schedule or events. For a copy on demand, use once, and run the job again with `gcloud transfer jobs run`."
  }
}

variable "start_date" {
  description = "Day of the first run in UTC, such as 2026-12-01: today or later. Not for events."
  type        = string
  default     = null

  validation {
    condition     = var.mode == "events" ? var.start_date == null : can(regex("^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", var.start_date))
    error_message = "start_date must be a day like 2026-12-01 if mode is once or schedule, and must be omitted if mode is events. Write today's date (UTC) to start soon."
  }
}

variable "start_time" {
  description = "Time of each run in UTC, such as 02:30. Without it, a run on the day when the job is created starts at once, and others start about midnight."
  type        = string
  default     = null

  validation {
    condition     = var.start_time == null ? true : var.mode != "events" && can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.start_time))
    error_message = "start_time must be a time from 00:00 to 23:59, and must be omitted if mode is events. Write 02:30, for example."
  }
}

variable "repeat" {
  description = "Time from one run to the next, in hours, if mode is schedule."
  type        = string
  default     = "24h"

  validation {
    condition     = can(regex("^[1-9][0-9]{0,3}h$", var.repeat))
    error_message = "repeat must be a whole number of hours followed by h, at least 1h. Write 24h, for example."
  }
}

variable "replace_bucket_notifications" {
  description = "Whether the module configures the bucket's notifications, if mode is events. A bucket has one notification configuration for all queues, topics and functions: true removes what others have configured there. With false, add the notification yourself: s3:ObjectCreated:* for the prefix, to the output queue_arn."
  type        = bool
  default     = null

  validation {
    condition     = (var.mode == "events") == (var.replace_bucket_notifications != null)
    error_message = "replace_bucket_notifications must be set if mode is events, and must be omitted otherwise. `aws s3api get-bucket-notification-configuration --bucket NAME` shows what true would remove; write false to keep it."
  }
}
