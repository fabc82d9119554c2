# The bucket is in another AWS account, and its owner trusts a role of yours rather than Google: the bridge assumes the
# first role with its Google identity, and from there the second one, with an external ID, tags and the caller as source
# identity. Here both accounts are in one configuration; where they are not, the owner applies what is below "The owner's".

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
  # By its name, not by the resource: the owner's role names ours in its trust policy, so ours must be there first.
  owner_role_arn = "arn:aws:iam::${var.owner_account}:role/${var.owner_role}"
}

module "bridge" {
  source = "../.."

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
}

# The owner's: the role that reads, and whom it trusts.

resource "aws_iam_role" "owner" {
  provider = aws.owner

  name        = var.owner_role
  description = "Read by Fedbridge of project ${var.project}, for its callers."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = module.bridge.role_arns["lake"] }
        Action    = "sts:AssumeRole"
        # Whoever else may assume our role does not know this.
        Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
      },
      {
        # Without these two AWS refuses a session that brings tags or a source identity.
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
