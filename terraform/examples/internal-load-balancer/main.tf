# The bridge behind an internal load balancer with its own domain, in a company that brings everything along: the service account, the
# image, a subnet of a shared VPC, a KMS key, labels and enabled APIs. The AWS role has a path, a permissions boundary and tags.

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

module "bridge" {
  source = "git::https://git.example/fedbridge.git//terraform?ref=v0.1.0"

  project    = var.project
  region     = var.region
  aws_region = var.aws_region
  name       = local.name
  buckets    = { (var.bucket) = {} }
  grants     = [{ callers = [var.caller], bucket = var.bucket }]
  audiences  = local.audiences

  image           = var.image
  service_account = var.service_account
  vpc             = { subnet = var.subnet }
  encryption_key  = var.encryption_key
  labels          = var.labels
  aws_roles       = var.aws_roles

  # Other people enable APIs and grant roles to Google's service agents.
  enable_apis          = false
  grant_service_agents = false

  # An internal load balancer and the project's VPC networks, but not the internet.
  ingress             = "internal"
  deletion_protection = var.deletion_protection
}

output "url" {
  description = "The bridge's URL, which is also the audience of callers' tokens."
  value       = local.audiences[0]
}

output "address" {
  description = "Internal address of the load balancer. Create an A record for the domain in your private zone."
  value       = google_compute_address.bridge.address
}

output "service_agent" {
  description = "Google's service agent that needs roles/artifactregistry.reader on the image's repository, roles/compute.networkUser on the subnet, and roles/cloudkms.cryptoKeyEncrypterDecrypter on the key."
  value       = module.bridge.service_agents["run"]
}
