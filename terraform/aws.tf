# The AWS side: each role that the module creates trusts the bridge's service account and may read what is granted. The module
# creates no IAM identity provider: AWS has a built-in one for accounts.google.com, and a registered one would override it.

data "aws_partition" "current" {}

locals {
  roles_created  = { for name, role in var.roles : name => role if role.arn == null }
  roles_existing = { for name, role in var.roles : name => role if role.arn != null }
  # Terraform does not know an ARN before the role exists. The prefix shows that it is not null, so that another instance of this
  # module can use it as the `arn` of a role in the same apply.
  arns_created = { for name, role in aws_iam_role.bridge : name => "arn:${trimprefix(role.arn, "arn:")}" }
  role_arns    = merge(local.arns_created, { for name, role in local.roles_existing : name => role.arn })

  # Durations have the format of the bridge's configuration, but AWS requires seconds.
  seconds_per  = { s = 1, m = 60, h = 3600 }
  role_seconds = { for name, role in var.roles : name => tonumber(regex("^[0-9]+", role.duration)) * local.seconds_per[regex("[smh]$", role.duration)] }

  # The values are the token's azp, aud and sub, in this order: AWS calls azp `aud`, and calls the audience `oaud`.
  trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "accounts.google.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "accounts.google.com:aud"  = local.account.unique_id
          "accounts.google.com:oaud" = var.sts_audience
          "accounts.google.com:sub"  = local.account.unique_id
        }
      }
    }]
  })
}

resource "aws_iam_role" "bridge" {
  for_each = local.roles_created

  name                 = "${var.name}-${each.key}"
  path                 = var.aws_roles.path
  description          = "Assumed by ${local.account.email} of Google Cloud, to read S3 for its callers."
  assume_role_policy   = local.trust_policy
  max_session_duration = max(3600, local.role_seconds[each.key])
  permissions_boundary = var.aws_roles.permissions_boundary
  tags                 = var.aws_roles.tags
}

resource "aws_iam_role_policy" "read" {
  for_each = { for name, role in local.roles_created : name => role if length(role.then) == 0 && contains(keys(local.read_policies), name) }

  name   = "read"
  role   = aws_iam_role.bridge[each.key].id
  policy = local.read_policies[each.key]

  lifecycle {
    precondition {
      condition     = length(local.read_policies[each.key]) <= 10240
      error_message = "The policy of a role must be at most 10,240 characters. Grant shorter or fewer prefixes, or use another entry of roles for some buckets."
    }
  }
}

# A role with chained roles cannot read S3: it may only assume the next role, and pass on tags and the source identity.
resource "aws_iam_role_policy" "hop" {
  for_each = { for name, role in local.roles_created : name => role.then[0] if length(role.then) > 0 }

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
      # A role's path may contain `*`, `?` and `$`, which IAM would treat as wildcards or as the start of a variable.
      Resource = replace(replace(replace(each.value.arn, "$", "$${$}"), "*", "$${*}"), "?", "$${?}")
    }]
  })
}
