# Each role may read what is granted on its buckets, and nothing else. The bridge narrows each session further, to the grants of one
# caller.

locals {
  # The IAM actions for each word in `allow`; `versions` extends every other word (Service Authorization Reference, S3).
  actions_of_word = {
    get        = ["s3:GetObject"]
    list       = ["s3:ListBucket"]
    versions   = ["s3:GetObjectVersion"]
    tags       = ["s3:GetObjectTagging"]
    attributes = ["s3:GetObjectAttributes"]
    vend       = []
  }
  actions_with_versions = {
    list       = ["s3:ListBucketVersions"]
    tags       = ["s3:GetObjectVersionTagging"]
    attributes = ["s3:GetObjectVersionAttributes"]
  }

  # One entry per grant and action. `*`, `?` and `$` are literal. IAM policies cannot contain characters outside Latin-1, and a role's
  # policy cannot escape them, so each becomes `?` here. The bridge's session policies can escape them and are exact.
  reaches = flatten([
    for grant in local.grants : [
      for action in concat(
        flatten([for word in grant.allow : local.actions_of_word[word]]),
        contains(grant.allow, "versions") ? flatten([for word in grant.allow : lookup(local.actions_with_versions, word, [])]) : [],
        ) : {
        bucket = grant.bucket
        action = action
        list   = startswith(action, "s3:List")
        pattern = grant.key == null && grant.prefix == null ? "*" : join("", [
          replace(replace(replace(replace(coalesce(grant.key, grant.prefix), "$", "$${$}"), "*", "$${*}"), "?", "$${?}"), "/[^\u0009-\u00ff]/", "?"),
          grant.key == null ? "*" : "",
        ])
      }
    ]
  ])

  # For each bucket, and separately for list and other actions, maps a set of patterns (as JSON) to the actions with exactly
  # that set.
  grouped = {
    for pair in setproduct(keys(var.buckets), [true, false]) : "${pair[0]} ${pair[1]}" => {
      for action in distinct([for reach in local.reaches : reach.action if reach.bucket == pair[0] && reach.list == pair[1]]) :
      jsonencode(sort(distinct([for reach in local.reaches : reach.pattern if reach.bucket == pair[0] && reach.action == action]))) => action...
    }
  }

  # An access point is a separate resource, and the ARNs of its objects begin with its ARN.
  bucket_arns = {
    for name, bucket in var.buckets : name =>
    startswith(coalesce(bucket.target, name), "arn:") ? bucket.target : "arn:${data.aws_partition.current.partition}:s3:::${coalesce(bucket.target, name)}"
  }
  object_arns = { for name, arn in local.bucket_arns : name => strcontains(arn, ":accesspoint/") ? "${arn}/object" : arn }

  object_statements = {
    for name, bucket in var.buckets : name => [
      for patterns, actions in local.grouped["${name} false"] : {
        Effect   = "Allow"
        Action   = sort(actions)
        Resource = contains(jsondecode(patterns), "*") ? ["${local.object_arns[name]}/*"] : [for pattern in jsondecode(patterns) : "${local.object_arns[name]}/${pattern}"]
      }
    ]
  }
  # For a missing key, AWS evaluates s3:prefix with that key to choose between 404 and 403, so the condition also matters for reads.
  list_statements = {
    for name, bucket in var.buckets : name => [
      for patterns, actions in local.grouped["${name} true"] : merge(
        { Effect = "Allow", Action = sort(actions), Resource = [local.bucket_arns[name]] },
        contains(jsondecode(patterns), "*") ? {} : { Condition = { StringLike = { "s3:prefix" = jsondecode(patterns) } } },
      )
    ]
  }
  key_statements = {
    for name, bucket in var.buckets : name => length(bucket.kms_keys) == 0 ? [] : [{
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = sort(bucket.kms_keys)
      Condition = { StringLike = { "kms:ViaService" = "s3.${coalesce(bucket.region, "*")}.amazonaws.com*" } }
    }]
  }

  read_statements = {
    for role in keys(var.roles) : role => flatten([
      for name in keys(var.buckets) : concat(local.object_statements[name], local.list_statements[name], local.key_statements[name])
      if local.role_of[name] == role && anytrue([for grant in local.grants : grant.bucket == name])
    ])
  }
  read_policies = {
    for role, statements in local.read_statements : role => jsonencode({ Version = "2012-10-17", Statement = statements })
    if length(statements) > 0
  }
}
