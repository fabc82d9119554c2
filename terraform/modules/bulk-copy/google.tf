# The Google side: the API, Storage Transfer Service's permission to write to the sink, and the transfer job.

# While the API is disabled, a job fails with "Not authorized to perform sts:AssumeRoleWithWebIdentity", like a wrong trust policy, and
# the data source below returns the right subject ID nevertheless.
resource "google_project_service" "transfer" {
  count = var.enable_apis ? 1 : 0

  project = var.project
  service = "storagetransfer.googleapis.com"
  # Other transfer jobs in the project use the same API.
  disable_on_destroy = false
}

# Google's services may reject requests for a while after their API has been enabled.
resource "time_sleep" "api" {
  count = var.enable_apis ? 1 : 0

  create_duration = "30s"

  depends_on = [google_project_service.transfer]
}

# Storage Transfer Service's own account in this project. Google creates it at the first request.
data "google_storage_transfer_project_service_account" "agent" {
  project = var.project

  depends_on = [time_sleep.api]
}

# The agent checks which objects the sink already contains, reads their metadata, and writes the others.
resource "google_storage_bucket_iam_member" "sink" {
  for_each = toset(var.grant_sink_access ? ["roles/storage.legacyBucketWriter", "roles/storage.objectViewer"] : [])

  bucket = var.sink_bucket
  role   = each.value
  member = data.google_storage_transfer_project_service_account.agent.member
}

# Storage Transfer Service assumes the role when the job is created. By then, the role and its policies must have taken effect.
resource "time_sleep" "permissions" {
  create_duration = "60s"
  # A change of these values changes a permission.
  triggers = {
    trust  = local.trust_policy
    policy = local.read_policy
    sink   = var.sink_bucket
  }

  depends_on = [
    aws_iam_role_policy.read,
    aws_sqs_queue_policy.events,
    google_storage_bucket_iam_member.sink,
  ]
}

locals {
  start_date = var.mode == "events" ? [] : [for part in split("-", var.start_date) : tonumber(part)]
  start_time = var.start_time == null ? [] : [for part in split(":", var.start_time) : tonumber(part)]
}

resource "google_storage_transfer_job" "copy" {
  project     = var.project
  description = "${var.name}: copies s3://${var.source_bucket} to gs://${var.sink_bucket}"

  transfer_spec {
    aws_s3_data_source {
      bucket_name             = var.source_bucket
      path                    = var.prefix
      role_arn                = aws_iam_role.copy.arn
      cloudfront_domain       = var.cloudfront_domain
      managed_private_network = var.managed_private_network ? true : null
    }
    gcs_data_sink {
      bucket_name = var.sink_bucket
      # The names of objects in the sink begin with this path, followed by their names in S3 without the prefix.
      path = var.sink_path != null ? var.sink_path : var.prefix
    }
    transfer_options {
      overwrite_when = { different = "DIFFERENT", never = "NEVER", always = "ALWAYS" }[var.overwrite]
    }
  }

  dynamic "schedule" {
    for_each = var.mode == "events" ? [] : [var.mode]
    content {
      schedule_start_date {
        year  = local.start_date[0]
        month = local.start_date[1]
        day   = local.start_date[2]
      }
      # A job that ends on the day when it starts runs once.
      dynamic "schedule_end_date" {
        for_each = schedule.value == "once" ? [local.start_date] : []
        content {
          year  = schedule_end_date.value[0]
          month = schedule_end_date.value[1]
          day   = schedule_end_date.value[2]
        }
      }
      dynamic "start_time_of_day" {
        for_each = length(local.start_time) == 0 ? [] : [local.start_time]
        content {
          hours   = start_time_of_day.value[0]
          minutes = start_time_of_day.value[1]
          seconds = 0
          nanos   = 0
        }
      }
      repeat_interval = schedule.value == "schedule" ? "${tonumber(regex("^[0-9]+", var.repeat)) * 3600}s" : null
    }
  }

  dynamic "event_stream" {
    for_each = aws_sqs_queue.events
    content {
      name = event_stream.value.arn
    }
  }

  logging_config {
    log_actions       = ["FIND", "COPY"]
    log_action_states = ["FAILED"]
  }

  depends_on = [time_sleep.permissions]
}
