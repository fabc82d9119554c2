# The bridge in several regions, with one service account and one AWS role. load-balancer.tf sends each caller to the nearest region.

provider "google" {
  project = var.project
  region  = var.region
}

provider "aws" {
  region = var.aws_region
}

locals {
  name      = "lake-bridge"
  audiences = ["https://${var.domain}"]
}

# The first region. The module creates the service account and the role.
module "bridge" {
  source = "git::https://git.example/fedbridge.git//terraform?ref=v0.1.0"

  project    = var.project
  region     = var.region
  aws_region = var.aws_region
  name       = local.name
  image      = var.image
  buckets    = { (var.bucket) = {} }
  grants     = [{ callers = [var.caller], bucket = var.bucket }]
  audiences  = local.audiences

  # Only the load balancer and your VPC networks can reach the service.
  ingress             = "internal-and-load-balancer"
  deletion_protection = var.deletion_protection
}

# The other regions, with the same account and role. Names of secrets and metrics are unique in a project, so each region has its own.
module "more" {
  source   = "git::https://git.example/fedbridge.git//terraform?ref=v0.1.0"
  for_each = toset(var.more_regions)

  project    = var.project
  region     = each.value
  aws_region = var.aws_region
  name       = "lake-${each.value}"
  image      = var.image
  buckets    = { (var.bucket) = {} }
  grants     = [{ callers = [var.caller], bucket = var.bucket }]
  audiences  = local.audiences

  service_account = {
    email     = module.bridge.service_account
    unique_id = module.bridge.service_account_unique_id
  }
  roles = { read = { arn = module.bridge.role_arns["read"] } }

  ingress             = "internal-and-load-balancer"
  deletion_protection = var.deletion_protection
}

output "url" {
  description = "The bridge's URL, which is also the audience of callers' tokens."
  value       = local.audiences[0]
}

output "address" {
  description = "Address of the load balancer. Create an A record for the domain: Google issues the certificate when the record exists, which can take an hour."
  value       = google_compute_global_address.bridge.address
}
