# The AWS side: for each role of ours its trust in the bridge's service account, and the right to read what is granted.
# There is no IAM identity provider: AWS knows accounts.google.com by itself, and a registered one breaks this.

data "aws_partition" "current" {}

locals {
  roles_made  = { for name, role in var.roles : name => role if role.arn == null }
  roles_given = { for name, role in var.roles : name => role if role.arn != null }
  role_arns   = merge({ for name, role in aws_iam_role.bridge : name => role.arn }, { for name, role in local.roles_given : name => role.arn })

  # Durations are written as the bridge's configuration has them, and AWS takes seconds.
  seconds_per  = { s = 1, m = 60, h = 3600 }
  role_seconds = { for name, role in var.roles : name => tonumber(regex("^[0-9]+", role.duration)) * local.seconds_per[regex("[smh]$", role.duration)] }

  # Google's azp, aud and sub, in this order: AWS calls azp `aud`, and the audience `oaud`.
  trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "accounts.google.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "accounts.google.com:aud"  = google_service_account.bridge.unique_id
          "accounts.google.com:oaud" = var.sts_audience
          "accounts.google.com:sub"  = google_service_account.bridge.unique_id
        }
      }
    }]
  })
}

resource "aws_iam_role" "bridge" {
  for_each = local.roles_made

  name                 = "${var.name}-${each.key}"
  description          = "Assumed by ${google_service_account.bridge.email} of Google Cloud, to read S3 for its callers."
  assume_role_policy   = local.trust_policy
  max_session_duration = max(3600, local.role_seconds[each.key])
}

resource "aws_iam_role_policy" "read" {
  for_each = { for name, role in local.roles_made : name => role if length(role.then) == 0 && contains(keys(local.read_policies), name) }

  name   = "read"
  role   = aws_iam_role.bridge[each.key].id
  policy = local.read_policies[each.key]

  lifecycle {
    precondition {
      condition     = length(local.read_policies[each.key]) <= 10240
      error_message = "The policy of a role must be at most 10,240 characters. Grant shorter or fewer prefixes, or let some buckets name another entry of roles."
    }
  }
}

# A role with further hops reads nothing itself: it may assume the next, and pass on what that hop is told.
resource "aws_iam_role_policy" "hop" {
  for_each = { for name, role in local.roles_made : name => role.then[0] if length(role.then) > 0 }

  name = "hop"
  role = aws_iam_role.bridge[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = concat(
        ["sts:AssumeRole"],
        each.value.source_identity != null ? ["sts:SetSourceIdentity"] : [],
        each.value.caller_tags || length(each.value.tags) > 0 ? ["sts:TagSession"] : [],
      )
      # A role's path may hold these three, which IAM would read as wildcards or as a variable.
      Resource = replace(replace(replace(each.value.arn, "$", "$${$}"), "*", "$${*}"), "?", "$${?}")
    }]
  })
}
