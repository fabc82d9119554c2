# Plans the module in each mode, and checks the job, the two policies and the validations. Run it without a cloud:
# `terraform init && terraform test`.

mock_provider "google" {
  mock_data "google_storage_transfer_project_service_account" {
    defaults = {
      member     = "serviceAccount:project-123456789012@storage-transfer-service.iam.gserviceaccount.com"
      subject_id = "110334567890123456789"
    }
  }
}

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }
  mock_data "aws_caller_identity" {
    defaults = {
      account_id = "123456789012"
    }
  }
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/fedbridge-copy"
    }
  }
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:fedbridge-copy"
    }
  }
}

mock_provider "time" {}

variables {
  project       = "acme-prod"
  source_bucket = "acme-lake"
  prefix        = "raw/public/"
  sink_bucket   = "acme-lake-copy"
}

run "role_trusts_only_storage_transfer_service" {
  variables {
    start_date = "2026-12-01"
  }
  assert {
    condition = jsondecode(aws_iam_role.copy.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { Federated = "accounts.google.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringEquals = { "accounts.google.com:sub" = "110334567890123456789" } }
    }]
    error_message = "The role must trust only the account of Storage Transfer Service in this project."
  }
}

run "once_copies_on_one_day" {
  variables {
    start_date = "2026-12-01"
  }
  assert {
    condition     = google_storage_transfer_job.copy.schedule[0].schedule_end_date == google_storage_transfer_job.copy.schedule[0].schedule_start_date
    error_message = "A job that copies once must end on the day when it starts."
  }
  assert {
    condition     = length(aws_sqs_queue.events) + length(aws_s3_bucket_notification.events) == 0
    error_message = "Only events need a queue."
  }
}

run "schedule_repeats" {
  variables {
    mode       = "schedule"
    start_date = "2026-12-01"
    repeat     = "6h"
  }
  assert {
    condition     = google_storage_transfer_job.copy.schedule[0].repeat_interval == "21600s" && length(google_storage_transfer_job.copy.schedule[0].schedule_end_date) == 0
    error_message = "The job must run every six hours, without an end."
  }
}

run "events_come_from_the_queue" {
  variables {
    mode                         = "events"
    replace_bucket_notifications = true
  }
  assert {
    condition     = google_storage_transfer_job.copy.event_stream[0].name == output.queue_arn && length(google_storage_transfer_job.copy.schedule) == 0
    error_message = "The job must read the queue, and must have no schedule."
  }
  assert {
    condition     = aws_s3_bucket_notification.events[0].queue[0].filter_prefix == "raw/public/"
    error_message = "S3 must send only notifications about the prefix."
  }
}

run "existing_notifications_are_kept" {
  variables {
    mode                         = "events"
    replace_bucket_notifications = false
  }
  assert {
    condition     = length(aws_s3_bucket_notification.events) == 0 && length(aws_sqs_queue.events) == 1
    error_message = "The module must create the queue, but must not touch the bucket's notifications."
  }
}

run "events_require_a_decision_about_notifications" {
  command = plan
  variables {
    mode = "events"
  }
  expect_failures = [var.replace_bucket_notifications]
}

run "once_requires_a_date" {
  command         = plan
  expect_failures = [var.start_date]
}
