# The AWS side: a role that only Storage Transfer Service of this project may assume, and that may read only the prefix.

data "aws_partition" "current" {}

locals {
  bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.source_bucket}"
  # `*`, `?` and `$` in a prefix are literal. IAM policies cannot contain characters outside Latin-1, so each becomes `?`.
  pattern = var.prefix == null ? "*" : "${replace(replace(replace(replace(var.prefix, "$", "$${$}"), "*", "$${*}"), "?", "$${?}"), "/[^\u0009-\u00ff]/", "?")}*"

  # Google documents only the `sub` of the service's tokens, so the policy cannot pin their azp and audience as well.
  # `fedbridge trust-policy --for storage-transfer` prints the same policy.
  trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "accounts.google.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "accounts.google.com:sub" = data.google_storage_transfer_project_service_account.agent.subject_id
        }
      }
    }]
  })

  read_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Effect = "Allow", Action = ["s3:GetObject"], Resource = ["${local.bucket_arn}/${local.pattern}"] },
        merge(
          { Effect = "Allow", Action = ["s3:ListBucket"], Resource = [local.bucket_arn] },
          local.pattern == "*" || var.list_whole_bucket ? {} : { Condition = { StringLike = { "s3:prefix" = [local.pattern] } } },
        ),
        # A job cannot be created without the bucket's region.
        { Effect = "Allow", Action = ["s3:GetBucketLocation"], Resource = [local.bucket_arn] },
      ],
      length(var.kms_keys) == 0 ? [] : [{
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = sort(var.kms_keys)
        Condition = { StringLike = { "kms:ViaService" = "s3.*.amazonaws.com*" } }
      }],
      [
        for queue in aws_sqs_queue.events : {
          Effect   = "Allow"
          Action   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"]
          Resource = [queue.arn]
        }
      ],
    )
  })
}

resource "aws_iam_role" "copy" {
  name                 = var.name
  path                 = var.aws_role.path
  description          = "Assumed by Storage Transfer Service of project ${var.project}, to copy s3://${var.source_bucket}."
  assume_role_policy   = local.trust_policy
  permissions_boundary = var.aws_role.permissions_boundary
  tags                 = var.aws_role.tags
}

resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.copy.id
  policy = local.read_policy
}
