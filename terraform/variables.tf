# Who may read what: the variables that the bridge's configuration and the AWS roles are made from. The first five must be set.

variable "project" {
  description = "Google Cloud project that the bridge runs in, by its ID."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project must be a project ID: 6 to 30 lower-case letters, digits and hyphens. `gcloud projects list` shows it; the number and the name do not do."
  }
}

variable "region" {
  description = "Google Cloud region that the bridge runs in, best one near the buckets, like europe-west1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a Google Cloud region, like europe-west1. A zone (europe-west1-b) is too much."
  }
}

variable "aws_region" {
  description = "AWS region whose STS the bridge asks, and where it looks for buckets first, like eu-west-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$", var.aws_region))
    error_message = "aws_region must be an AWS region. Write its code, like eu-west-1, not its name."
  }
}

variable "buckets" {
  description = "The buckets that may be read, by the names that callers use. `{}` as a value will do: then S3 calls it the same, its region is learned, and the one role reads it. `target` is S3's own name or the ARN of an access point (not its alias), `endpoint` another S3, `kms_keys` the ARNs of the keys that its objects are encrypted with."
  type = map(object({
    role             = optional(string)
    target           = optional(string)
    region           = optional(string)
    endpoint         = optional(string)
    requester_pays   = optional(bool)
    verify_checksums = optional(bool)
    expected_owner   = optional(string)
    kms_keys         = optional(list(string), [])
  }))

  validation {
    condition     = length(var.buckets) > 0
    error_message = "buckets must have at least one entry. Write { acme-lake = {} } for one that is all defaults."
  }
  validation {
    condition     = alltrue([for name in keys(var.buckets) : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", name))])
    error_message = "buckets must be called by 3 to 63 lower-case letters, digits, dots and hyphens. Callers may use any such name: `target` tells what S3 calls it."
  }
  validation {
    condition     = alltrue([for bucket in values(var.buckets) : bucket.target == null || can(regex("^arn:[a-z-]+:s3:[a-z0-9-]+:[0-9]{12}:accesspoint/[a-z0-9-]+$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", bucket.target)) && !endswith(coalesce(bucket.target, "none"), "-s3alias")])
    error_message = "buckets: target must be a bucket name or the ARN of an access point in one region. An alias (-s3alias) is not accepted, because IAM policies cannot name it: write the ARN. `aws s3control list-access-points --account-id ACCOUNT` shows the ARN beside the alias."
  }
  validation {
    condition     = alltrue([for name, bucket in var.buckets : !can(regex("(--ol-s3|\\.mrap|--xa?-s3|--table-s3)$", coalesce(bucket.target, name)))])
    error_message = "buckets must be general purpose buckets: an Object Lambda (--ol-s3) or multi-Region access point (.mrap), a directory bucket (--x-s3, --xa-s3) and a table bucket (--table-s3) are not accepted, because S3 serves them by other requests. Set target to a general purpose bucket."
  }
  validation {
    condition     = alltrue(flatten([for bucket in values(var.buckets) : [for key in bucket.kms_keys : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", key))]]))
    error_message = "buckets: kms_keys must be ARNs of KMS keys, arn:aws:kms:REGION:123456789012:key/ID. An alias does not do; `aws kms describe-key` tells the key behind it."
  }
  validation {
    condition     = alltrue([for bucket in values(var.buckets) : bucket.role == null ? length(var.roles) == 1 : contains(keys(var.roles), coalesce(bucket.role, "none"))])
    error_message = "buckets: role must be the name of an entry of roles; it may be left out only where there is one. Name it, or add the role."
  }
}

variable "grants" {
  description = "Who may do what: any of `callers` (an e-mail, a unique ID, EMAIL#ID, or project:PROJECT_ID for all service accounts of a project except Compute Engine's default one, NUMBER-compute@developer.gserviceaccount.com, which VMs and Cloud Run use by default and only its e-mail names) may do what `allow` says (get, list, versions, tags, attributes) in `bucket`, below `prefix` or with the one `key`; with neither, in all of it."
  type = list(object({
    callers = list(string)
    bucket  = string
    allow   = optional(list(string), ["get", "list"])
    prefix  = optional(string)
    key     = optional(string)
  }))

  validation {
    condition     = length(var.grants) > 0
    error_message = "grants must have at least one entry: without any, nobody may read anything."
  }
  validation {
    condition     = alltrue([for grant in var.grants : length(grant.callers) > 0 && length(grant.allow) > 0])
    error_message = "grants: callers and allow must not be empty. Remove a grant that is not meant."
  }
  validation {
    condition     = alltrue(flatten([for grant in var.grants : [for caller in grant.callers : can(regex("^[^@#\\s:]+@[^@#\\s:]+(#[0-9]{10,30})?$|^[0-9]{10,30}$|^project:[a-z0-9.:-]+$", caller))]]))
    error_message = "grants: a caller must be an e-mail, a unique ID (digits, in quotes), EMAIL#ID for both, or project:PROJECT_ID. For an IAM member, like serviceAccount:EMAIL, write the e-mail alone."
  }
  validation {
    condition     = alltrue([for grant in var.grants : contains(keys(var.buckets), grant.bucket)])
    error_message = "grants: bucket must be the name of an entry of buckets. Correct the name, or add the bucket."
  }
  validation {
    condition     = alltrue(flatten([for grant in var.grants : [for word in grant.allow : contains(["get", "list", "versions", "tags", "attributes"], word)]]))
    error_message = "grants: allow must hold get, list, versions, tags and attributes, and nothing else. The bridge only reads."
  }
  validation {
    condition     = alltrue([for grant in var.grants : grant.prefix == null || endswith(coalesce(grant.prefix, "/"), "/")])
    error_message = "grants: prefix must end with \"/\", else raw/public would open raw/public-drafts as well. For one object use key."
  }
  validation {
    condition     = alltrue([for grant in var.grants : grant.prefix == null || grant.key == null])
    error_message = "grants: a grant must have prefix or key, or neither. Make two grants of it."
  }
}

variable "roles" {
  description = "The AWS roles that the bridge assumes, by names of your choice. One without `arn` is made here, in the account of the aws provider; with `arn` it exists already, and its owner gives it the outputs trust_policy and read_policies. `then` are further hops (AssumeRole), the last of which reads; `session` says whom CloudTrail names; `duration` is from 15m to 12h."
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
    error_message = "roles must have at least one entry, called by 1 to 30 letters, digits, dots, hyphens and underscores: the name becomes part of the role's own."
  }
  validation {
    condition     = alltrue(flatten([for role in values(var.roles) : [for arn in concat([coalesce(role.arn, "arn:aws:iam::123456789012:role/x")], role.then[*].arn) : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/([!-~]{1,510}/)?[\\w+=,.@-]{1,64}$", arn))]]))
    error_message = "roles: arn must be the ARN of an IAM role, arn:aws:iam::123456789012:role/NAME. Copy it from `aws iam get-role --role-name NAME --query Role.Arn`."
  }
  validation {
    condition     = alltrue(flatten([for role in values(var.roles) : [for seconds in [try(tonumber(regex("^([0-9]{1,5})[smh]$", role.duration)[0]) * local.seconds_per[regex("[smh]$", role.duration)], 0)] : seconds >= 900 && seconds <= (length(role.then) > 0 ? 3600 : 43200)]]))
    error_message = "roles: duration must be a whole number and s, m or h, from 15m to 12h, and at most 1h if further hops follow. Write \"1h\"."
  }
  validation {
    condition     = alltrue([for role in values(var.roles) : contains(["caller", "bridge"], role.session)])
    error_message = "roles: session must be caller or bridge: whom CloudTrail names."
  }
  validation {
    condition     = alltrue(flatten([for role in values(var.roles) : [for hop in role.then : hop.source_identity == null || hop.source_identity == "caller"]]))
    error_message = "roles: source_identity must be caller, or be left out."
  }
}

variable "settings" {
  description = "The rest of the bridge's configuration, as its README has it: who may read the metrics (`operators`), browsers (`cors`), what may be under way (`limits`), from which size on answers are chunked (`chunk_above`), and whether the audiences may be ones that other programs have too (`allow_shared_audience`). Durations are written `30s` or `10m`, sizes `32MB`."
  type = object({
    operators             = optional(list(string), [])
    chunk_above           = optional(string)
    allow_shared_audience = optional(bool, false)
    cors                  = optional(object({ origins = list(string), max_age = optional(string) }))
    limits = optional(object({
      in_flight  = optional(number)
      per_caller = optional(number)
      stall      = optional(string)
      drain      = optional(string)
    }))
  })
  default = {}

  validation {
    condition     = try(var.settings.limits.in_flight, null) == null ? true : var.settings.limits.in_flight >= var.concurrency
    error_message = "settings: limits.in_flight must be at least concurrency, else instances turn requests away that Cloud Run gives them. Raise it, or lower concurrency."
  }
  validation {
    condition     = can(regex("^[0-9]s$", try(coalesce(var.settings.limits.drain), "9s")))
    error_message = "settings: limits.drain must be 0s to 9s. Write \"9s\" at most: Cloud Run kills an instance 10 seconds after SIGTERM."
  }
  validation {
    condition     = alltrue([for text in [try(coalesce(var.settings.limits.stall), "30s"), try(coalesce(var.settings.cors.max_age), "10m")] : can(regex("^[0-9]+[smh]$", text))])
    error_message = "settings: limits.stall and cors.max_age must be durations, a whole number and s, m or h. Write \"30s\" or \"10m\"."
  }
  validation {
    condition     = can(regex("^[0-9]+([KMGT]i?)?B$", coalesce(var.settings.chunk_above, "32MB")))
    error_message = "settings: chunk_above must be a size, a whole number and a unit (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB). Write \"32MB\"."
  }
}
