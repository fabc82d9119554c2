# With mode = "events": a queue of S3's notifications about new objects, from which Storage Transfer Service learns what to copy.

data "aws_caller_identity" "current" {}

resource "aws_sqs_queue" "events" {
  count = var.mode == "events" ? 1 : 0

  name = var.name
  # 14 days, the maximum, so that no object is missed while the job is paused.
  message_retention_seconds = 1209600
  # S3 cannot send to a queue that is encrypted with the AWS managed KMS key.
  sqs_managed_sse_enabled = true
  tags                    = var.aws_role.tags
}

# Without the conditions, any bucket in AWS could send messages, and have Storage Transfer Service look for their objects.
resource "aws_sqs_queue_policy" "events" {
  count = length(aws_sqs_queue.events)

  queue_url = aws_sqs_queue.events[count.index].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.events[count.index].arn
      Condition = {
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        ArnLike      = { "aws:SourceArn" = local.bucket_arn }
      }
    }]
  })
}

# A bucket has only one notification configuration, so this resource removes all others (replace_bucket_notifications).
resource "aws_s3_bucket_notification" "events" {
  count = var.mode == "events" && coalesce(var.replace_bucket_notifications, false) ? 1 : 0

  bucket = var.source_bucket

  queue {
    queue_arn     = aws_sqs_queue.events[0].arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = var.prefix
  }

  # S3 sends a test message first, and rejects the configuration if the queue does not accept it.
  depends_on = [aws_sqs_queue_policy.events]
}
