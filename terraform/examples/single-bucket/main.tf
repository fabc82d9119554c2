# One bucket for one caller. variables.tf declares the values to set, and terraform.tfvars.example shows them.

provider "google" {
  project = var.project
  region  = var.region
}

provider "aws" {
  region = var.aws_region
}

module "bridge" {
  source = "git::https://git.example/fedbridge.git//terraform?ref=v0.1.0"

  project    = var.project
  region     = var.region
  aws_region = var.aws_region
  buckets    = { (var.bucket) = { kms_keys = var.kms_key == null ? [] : [var.kms_key] } }
  grants     = [{ callers = [var.caller], bucket = var.bucket }]

  # The internet can reach the service, so that you can try it from your own machine. Each request still needs a token of a caller in
  # `grants`. If all callers are in this project's VPC networks, remove the line: the default is internal.
  ingress             = "all"
  deletion_protection = var.deletion_protection
}

output "url" {
  description = "The bridge's URL, which is also the audience of callers' tokens."
  value       = module.bridge.url
}

output "registry" {
  description = "Registry of the images: push to REGISTRY/fedbridge."
  value       = module.bridge.registry
}

output "config" {
  description = "The bridge's configuration, for `fedbridge check` and `fedbridge doctor`: `terraform output -raw config` shows it."
  value       = module.bridge.config
  sensitive   = true
}

output "image" {
  description = "Image of the service, by digest."
  value       = module.bridge.image
}

output "service_account" {
  description = "Email of the account that the bridge runs as."
  value       = module.bridge.service_account
}

output "try" {
  description = "A command that lists the bucket as the caller."
  value       = module.bridge.try
}
