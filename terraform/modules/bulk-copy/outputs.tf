# Names of what the module creates, for commands and for what others must configure.

output "job" {
  description = "Name of the transfer job. `gcloud transfer operations list --job-names=NAME` shows its runs and their errors."
  value       = google_storage_transfer_job.copy.name
}

output "role_arn" {
  description = "ARN of the AWS role that Storage Transfer Service assumes."
  value       = aws_iam_role.copy.arn
}

output "subject_id" {
  description = "Subject ID of Storage Transfer Service's account in the project, for `fedbridge trust-policy --lint FILE --for storage-transfer`."
  value       = data.google_storage_transfer_project_service_account.agent.subject_id
}

output "trust_policy" {
  description = "Trust policy of the role; `fedbridge trust-policy --for storage-transfer` prints the same policy."
  value       = local.trust_policy
}

output "queue_arn" {
  description = "ARN of the queue for notifications about new objects; null unless `mode` is events."
  value       = one(aws_sqs_queue.events[*].arn)
}
