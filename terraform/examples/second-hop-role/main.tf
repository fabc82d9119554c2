# The bucket is in another AWS account, and its owner trusts a role of yours instead of Google. The bridge assumes the first role with
# its Google identity, and then the owner's role, with an external ID, tags and the caller as source identity. Here one
# configuration manages both accounts. If yours does not, the owner applies everything below "The owner's account".

provider "google" {
  project = var.project
  region  = var.region
}

provider "aws" {
  region = var.aws_region
}

provider "aws" {
  alias  = "owner"
  region = var.aws_region

  assume_role {
    role_arn = "arn:aws:iam::${var.owner_account}:role/${var.owner_admin_role}"
  }
}

locals {
  # Built from the role's name, not from the resource, because the owner's trust policy names your role, which must exist first.
  owner_role_arn = "arn:aws:iam::${var.owner_account}:role/${var.owner_role}"
}

module "bridge" {
  source = "git::https://git.example/fedbridge.git//terraform?ref=v0.1.0"

  project    = var.project
  region     = var.region
  aws_region = var.aws_region

  roles = {
    lake = {
      then = [{
        arn             = local.owner_role_arn
        external_id     = var.external_id
        tags            = { team = "data" }
        transitive_tags = ["team"]
        source_identity = "caller"
      }]
    }
  }
  buckets = { (var.bucket) = { expected_owner = var.owner_account } }
  grants  = [{ callers = [var.caller], bucket = var.bucket, prefix = var.prefix }]

  deletion_protection = var.deletion_protection
}

# The owner's account: the role that reads, and its trust policy.

resource "aws_iam_role" "owner" {
  provider = aws.owner

  name        = var.owner_role
  description = "Assumed by Fedbridge of project ${var.project}, to read S3 for its callers."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = module.bridge.role_arns["lake"] }
        Action    = "sts:AssumeRole"
        # The external ID keeps out other principals that may assume the first role, because they do not know it.
        Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
      },
      {
        # Without these two actions, AWS rejects sessions with tags or a source identity.
        Effect    = "Allow"
        Principal = { AWS = module.bridge.role_arns["lake"] }
        Action    = ["sts:TagSession", "sts:SetSourceIdentity"]
      },
    ]
  })
}

resource "aws_iam_role_policy" "owner" {
  provider = aws.owner

  name   = "read"
  role   = aws_iam_role.owner.id
  policy = module.bridge.read_policies["lake"]
}

output "url" {
  description = "The bridge's URL, which is also the audience of callers' tokens."
  value       = module.bridge.url
}
