# The variables that define who may read what: the bridge's configuration and the AWS roles. The first five are required.

variable "project" {
  description = "ID of the Google Cloud project that the bridge runs in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project must be a project ID: 6 to 30 lowercase letters, digits and hyphens. `gcloud projects list` shows it; the project's number and name are not accepted."
  }
}

variable "region" {
  description = "Google Cloud region that the bridge runs in, such as europe-west1. Choose one near the buckets."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a Google Cloud region, like europe-west1. A zone (europe-west1-b) is not accepted."
  }
}

variable "aws_region" {
  description = "AWS region in which the bridge calls STS and looks for buckets first, such as eu-west-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$", var.aws_region))
    error_message = "aws_region must be an AWS region. Write its code, like eu-west-1, not its name."
  }
}

variable "buckets" {
  description = "Buckets that may be read, by the names that callers use. `{}` is enough if the bucket has the same name in S3 and there is only one role; the bridge learns the region from S3. `target` is the name in S3 or the ARN of an access point (not its alias), `endpoint` is the URL of another S3 server, `via` is the URL of a CloudFront distribution that exists already (`cloudfront` creates one), and `kms_keys` are the ARNs of the keys that encrypt the bucket's objects."
  type = map(object({
    role             = optional(string)
    target           = optional(string)
    region           = optional(string)
    endpoint         = optional(string)
    via              = optional(string)
    requester_pays   = optional(bool)
    verify_checksums = optional(bool)
    cache            = optional(bool)
    expected_owner   = optional(string)
    kms_keys         = optional(list(string), [])
  }))

  validation {
    condition     = length(var.buckets) > 0
    error_message = "buckets must have at least one entry. Write { acme-lake = {} } for a bucket with only defaults."
  }
  validation {
    condition     = alltrue([for name in keys(var.buckets) : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", name))])
    error_message = "buckets must have names of 3 to 63 lowercase letters, digits, dots and hyphens. This is the name that callers use; set `target` if the bucket has a different name in S3."
  }
  validation {
    condition     = alltrue([for bucket in values(var.buckets) : bucket.target == null || can(regex("^arn:[a-z-]+:s3:[a-z0-9-]+:[0-9]{12}:accesspoint/[a-z0-9-]+$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", bucket.target)) && !endswith(coalesce(bucket.target, "none"), "-s3alias")])
    error_message = "buckets: target must be a bucket name or the ARN of an access point in one region. An alias (-s3alias) is not accepted, because IAM policies cannot name it. Use the ARN, which `aws s3control list-access-points --account-id ACCOUNT` shows beside the alias."
  }
  validation {
    condition     = alltrue([for name, bucket in var.buckets : !can(regex("(--ol-s3|\\.mrap|--xa?-s3|--table-s3)$", coalesce(bucket.target, name)))])
    error_message = "buckets must be general purpose buckets: an Object Lambda (--ol-s3) or multi-Region access point (.mrap), a directory bucket (--x-s3, --xa-s3) and a table bucket (--table-s3) are not accepted, because S3 requires different requests for them. Set target to a general purpose bucket."
  }
  validation {
    condition     = alltrue(flatten([for bucket in values(var.buckets) : [for key in bucket.kms_keys : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", key))]]))
    error_message = "buckets: kms_keys must be ARNs of KMS keys, arn:aws:kms:REGION:123456789012:key/ID. Aliases are not accepted; `aws kms describe-key` shows the key's ARN."
  }
  validation {
    condition     = alltrue([for name, bucket in var.buckets : bucket.via == null || can(regex("^https://[a-z0-9.-]+$", bucket.via)) && bucket.region != null && bucket.endpoint == null && can(regex("^[a-z0-9-]+$", coalesce(bucket.target, name)))])
    error_message = "buckets: via must be https:// and a host name, without a path. It requires region, and is not possible with endpoint, for an access point, or for a bucket name with dots. Write https://d111111abcdef8.cloudfront.net, for example."
  }
  validation {
    condition     = alltrue([for bucket in values(var.buckets) : bucket.role == null ? length(var.roles) == 1 : contains(keys(var.roles), coalesce(bucket.role, "none"))])
    error_message = "buckets: role must be the name of an entry of roles; it may be omitted only if there is one role. Set role, or add the missing entry to roles."
  }
}

variable "grants" {
  description = "Who may read what. Each of `callers` is an email, a unique ID, EMAIL#ID, ISSUER:SUBJECT for a caller of an issuer in `issuers`, user:EMAIL for a person who uses the console (variable `console`), or project:PROJECT_ID for all service accounts of a project except Compute Engine's default one, `NUMBER-compute@developer.gserviceaccount.com`. VMs and Cloud Run use that account by default; name this account by its email. `allow` lists one or more of get, list, versions, tags and attributes, and may also contain vend, which lets the callers obtain AWS credentials for these actions. A grant applies in `bucket`, to keys below `prefix` or only to `key`; without `prefix` and `key`, it applies to the whole bucket."
  type = list(object({
    callers = list(string)
    bucket  = string
    allow   = optional(list(string), ["get", "list"])
    prefix  = optional(string)
    key     = optional(string)
  }))

  validation {
    condition     = length(var.grants) > 0
    error_message = "grants must have at least one entry. Without grants, nobody may read anything."
  }
  validation {
    condition     = alltrue([for grant in var.grants : length(grant.callers) > 0 && length(grant.allow) > 0])
    error_message = "grants: callers and allow must not be empty. Fill in both, or remove the grant."
  }
  validation {
    condition     = alltrue(flatten([for grant in var.grants : [for caller in grant.callers : can(regex("^[^@#\\s:]+@[^@#\\s:]+(#[0-9]{10,30})?$|^[0-9]{10,30}$|^project:[a-z0-9.:-]+$|^[a-z][a-z0-9-]*:[!-~][ -~]*$", caller)) && !can(regex("^(group|domain|principal):", caller)) && (!startswith(caller, "user:") || can(regex("^user:[^@#\\s:]+@[^@#\\s:]+$", caller)) && !endswith(lower(caller), ".gserviceaccount.com"))]]))
    error_message = "grants: a caller must be an email, a unique ID (digits, in quotes), EMAIL#ID for both, project:PROJECT_ID, ISSUER:SUBJECT for a caller of an issuer in `issuers`, or user:EMAIL for a person. For an IAM member, like serviceAccount:EMAIL, write only the email."
  }
  validation {
    condition     = alltrue([for grant in var.grants : contains(keys(var.buckets), grant.bucket)])
    error_message = "grants: bucket must be the name of an entry of buckets. Correct the name, or add the bucket."
  }
  validation {
    condition     = alltrue(flatten([for grant in var.grants : [for word in grant.allow : contains(["get", "list", "versions", "tags", "attributes", "vend"], word)]]))
    error_message = "grants: allow must contain only get, list, versions, tags, attributes and vend. The bridge only reads."
  }
  validation {
    condition     = alltrue([for grant in var.grants : length(grant.allow) == 0 || length([for word in grant.allow : word if word != "vend"]) > 0])
    error_message = "grants: allow must contain another action besides vend, because credentials allow only the other actions of the grant. Add the actions that the credentials should allow, such as get."
  }
  validation {
    condition     = alltrue([for grant in var.grants : grant.prefix == null || endswith(coalesce(grant.prefix, "/"), "/")])
    error_message = "grants: prefix must end with \"/\": otherwise a prefix like raw/public would also match raw/public-drafts. For a single object, use key."
  }
  validation {
    condition     = alltrue([for grant in var.grants : grant.prefix == null || grant.key == null])
    error_message = "grants: a grant must not have both prefix and key. Write two grants instead."
  }
}

variable "roles" {
  description = "AWS roles that the bridge assumes, by names of your choice. Without `arn`, the module creates the role in the account of the aws provider. With `arn`, the role already exists, and its owner must apply the outputs trust_policy and read_policies. `then` lists chained roles to assume in order (AssumeRole); the last one reads the buckets. `session` (caller or bridge) selects whose name CloudTrail shows as the session name. `duration` is 15m to 12h."
  type = map(object({
    arn      = optional(string)
    duration = optional(string, "1h")
    session  = optional(string, "caller")
    then = optional(list(object({
      arn             = string
      external_id     = optional(string)
      tags            = optional(map(string), {})
      caller_tags     = optional(bool, false)
      transitive_tags = optional(list(string), [])
      source_identity = optional(string)
    })), [])
  }))
  default = { read = {} }

  validation {
    condition     = length(var.roles) > 0 && alltrue([for name in keys(var.roles) : can(regex("^[\\w.-]{1,30}$", name))])
    error_message = "roles must have at least one entry, with names of 1 to 30 letters, digits, dots, hyphens and underscores: each name becomes part of the AWS role's name."
  }
  validation {
    condition     = alltrue(flatten([for role in values(var.roles) : [for arn in concat([coalesce(role.arn, "arn:aws:iam::123456789012:role/x")], role.then[*].arn) : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/([!-~]{1,510}/)?[\\w+=,.@-]{1,64}$", arn))]]))
    error_message = "roles: arn must be the ARN of an IAM role, arn:aws:iam::123456789012:role/NAME. Copy it from `aws iam get-role --role-name NAME --query Role.Arn`."
  }
  validation {
    condition     = alltrue(flatten([for role in values(var.roles) : [for seconds in [try(tonumber(regex("^([0-9]{1,5})[smh]$", role.duration)[0]) * local.seconds_per[regex("[smh]$", role.duration)], 0)] : seconds >= 900 && seconds <= (length(role.then) > 0 ? 3600 : 43200)]]))
    error_message = "roles: duration must be a whole number followed by s, m or h, from 15m to 12h, and at most 1h if `then` is not empty. Write \"1h\", for example."
  }
  validation {
    condition     = alltrue([for role in values(var.roles) : contains(["caller", "bridge"], role.session)])
    error_message = "roles: session must be caller or bridge. It selects the account that CloudTrail shows as the session name."
  }
  validation {
    condition     = alltrue(flatten([for role in values(var.roles) : [for hop in role.then : hop.source_identity == null || hop.source_identity == "caller"]]))
    error_message = "roles: source_identity must be caller, or be omitted."
  }
}
