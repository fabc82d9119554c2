# The path of the bytes, what is overwritten, and what a company requires of roles and APIs.

variable "cloudfront_domain" {
  description = "URL of a CloudFront distribution in front of the bucket, such as `https://d111111abcdef8.cloudfront.net`. Objects then leave AWS at CloudFront's prices. The distribution needs the bucket's regional domain as its origin, public origin access (the bucket stays private, because Storage Transfer Service signs each request), the cache policy CachingDisabled and the origin request policy AllViewerExceptHostHeader."
  type        = string
  default     = null

  validation {
    condition     = var.cloudfront_domain == null ? true : can(regex("^https://[a-z0-9.-]+$", var.cloudfront_domain))
    error_message = "cloudfront_domain must be https:// and a host name, without a path. Write https://d111111abcdef8.cloudfront.net, for example."
  }
}

variable "managed_private_network" {
  description = "Whether the objects travel over Google's managed private network, at Google's price per GiB. It exists only in some AWS regions."
  type        = bool
  default     = false

  validation {
    condition     = !(var.managed_private_network && var.cloudfront_domain != null)
    error_message = "managed_private_network must be false if cloudfront_domain is set, because a job uses one path. Remove one of them."
  }
}

variable "kms_keys" {
  description = "ARNs of the KMS keys that encrypt the objects. The role may decrypt with them; the policy of each key must allow that, too."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for key in var.kms_keys : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", key))])
    error_message = "kms_keys must be ARNs of KMS keys, arn:aws:kms:REGION:123456789012:key/ID. Aliases are not accepted; `aws kms describe-key` shows the ARN of the key."
  }
}

variable "overwrite" {
  description = "Whether a copy replaces an object of the same name in the sink: different (if the content differs), never or always."
  type        = string
  default     = "different"

  validation {
    condition     = contains(["different", "never", "always"], var.overwrite)
    error_message = "overwrite must be different, never or always. Use different for repeated copies."
  }
}

variable "list_whole_bucket" {
  description = "Whether the role may list all keys of the bucket, instead of only those below `prefix`. Reading objects stays limited to the prefix. Use true only if the job reports that s3:ListBucket is denied."
  type        = bool
  default     = false
}

variable "name" {
  description = "Name of the AWS role and the queue."
  type        = string
  default     = "fedbridge-copy"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, hyphens and underscores. Use a different name for each instance of this module in an AWS account."
  }
}

variable "aws_role" {
  description = "What the AWS role has besides its policies: `path`, `permissions_boundary` (the ARN of a policy that limits it) and `tags`, which the queue also gets."
  type = object({
    path                 = optional(string, "/")
    permissions_boundary = optional(string)
    tags                 = optional(map(string), {})
  })
  default = {}

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.aws_role.path)) && length(var.aws_role.path) <= 512
    error_message = "aws_role: path must begin and end with \"/\", and have at most 512 visible ASCII characters. Write \"/data/\", for example."
  }
  validation {
    condition     = var.aws_role.permissions_boundary == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.aws_role.permissions_boundary))
    error_message = "aws_role: permissions_boundary must be the ARN of an IAM policy, arn:aws:iam::123456789012:policy/NAME. `aws iam list-policies` shows it."
  }
}

variable "grant_sink_access" {
  description = "Whether the module lets Storage Transfer Service write to the sink. Use false in all but one instance for the same sink: otherwise, removing one instance removes the permission that the others need."
  type        = bool
  default     = true
}

variable "enable_apis" {
  description = "Whether the module enables Storage Transfer Service's API. Use false if APIs are enabled elsewhere: while it is disabled, the job fails as if the trust policy were wrong."
  type        = bool
  default     = true
}
