# The module's outputs: the URL for callers, the policies for owners of buckets, and values for operators.

output "url" {
  description = "URL of the service. It is also the audience of callers' tokens, unless `audiences` is set."
  value       = local.service_url
}

output "console_url" {
  description = "URL of the console, for people; null without the variable `console`."
  value       = local.console_url
}

output "service" {
  description = "Name of the Cloud Run service, for a load balancer's backend."
  value       = google_cloud_run_v2_service.bridge.name
}

output "audiences" {
  description = "Audiences of callers' tokens."
  value       = local.audiences
}

output "try" {
  description = "A command that reads the first grant's bucket as its first caller. To run the command, you need roles/iam.serviceAccountTokenCreator on that caller's service account."
  value       = local.try
}

output "service_account" {
  description = "Email of the bridge's service account."
  value       = local.account.email
}

output "service_account_unique_id" {
  description = "Unique ID of the bridge's service account, which the trust policies name. If the account is deleted and re-created, its unique ID changes."
  value       = local.account.unique_id
}

output "trust_policy" {
  description = "Trust policy for the roles with `arn`, which the module does not create; `fedbridge trust-policy` prints the same policy."
  value       = local.trust_policy
}

output "role_arns" {
  description = "ARNs of the AWS roles that the bridge assumes, by name."
  value       = local.role_arns
}

output "cloudfront_domains" {
  description = "Domains of the CloudFront distributions that the module creates, by bucket."
  value       = { for name, distribution in aws_cloudfront_distribution.bucket : name => distribution.domain_name }
}

output "read_policies" {
  description = "By role name, the policies that allow the granted reads: for roles that the module does not create, and for the last role in `then`."
  value       = local.read_policies
}

output "config" {
  description = "The bridge's configuration, for `fedbridge check`, and for bridges elsewhere that run as the same service account. Sensitive, because it may contain external IDs: `terraform output -raw config` shows it."
  value       = local.config_yaml
  sensitive   = true
}

output "config_secret" {
  description = "Name of the version in Secret Manager that contains the configuration, for bridges elsewhere that run as the same service account; null if the configuration is in the service's environment."
  value       = one(google_secret_manager_secret_version.config[*].name)
}

output "image" {
  description = "Image of the service, by digest."
  value       = local.image
}

output "registry" {
  description = "Registry of the images: push to REGISTRY/fedbridge; null if `image` is set."
  value       = local.registry
}

output "apis" {
  description = "APIs that must be enabled in the project, by the module (`enable_apis`) or elsewhere."
  value       = local.apis
}

output "service_agents" {
  description = "IAM members of Google's service agents, by service, for the roles that you grant yourself if `grant_service_agents` is false."
  value       = local.service_agents
}

output "builder" {
  description = "Email of the service account that builds the first image; null if `image` is set."
  value       = one(google_service_account.builder[*].email)
}

output "delivery" {
  description = "For manual builds (cloudbuild.yaml, cloudbuild-deploy.yaml): emails of the accounts `tester`, `deployer` and `stranger`, and the registry of `candidates`; null without the variable `delivery`."
  value = var.delivery == null ? null : {
    tester     = google_service_account.tester[0].email
    deployer   = google_service_account.deployer[0].email
    stranger   = google_service_account.stranger[0].email
    candidates = local.candidates
  }
}

output "egress_address" {
  description = "Static IP address that requests to AWS come from, for conditions on aws:SourceIp; null without egress_cidr."
  value       = one(google_compute_address.egress[*].address)
}

output "egress_network" {
  description = "Self link of the network whose requests use the static address; null without egress_cidr."
  value       = one(google_compute_network.egress[*].self_link)
}

output "egress_subnetwork" {
  description = "Self link of the subnet of the network with the static address; null without egress_cidr."
  value       = one(google_compute_subnetwork.egress[*].self_link)
}

locals {
  try_caller = try([for email in local.caller_emails : email if endswith(email, ".gserviceaccount.com")][0], "CALLER")
  try_token  = "$(gcloud auth print-identity-token --impersonate-service-account=${local.try_caller} --audiences=${local.audiences[0]} --include-email)"
  try_path   = var.grants[0].key != null ? "/${var.grants[0].key}" : "?list-type=2&prefix=${var.grants[0].prefix == null ? "" : var.grants[0].prefix}"
  try = join(" ", concat(
    ["TOKEN=${local.try_token};", "curl -sf -H \"Authorization: Bearer $TOKEN\""],
    var.invoker_check ? ["-H \"X-Serverless-Authorization: Bearer $TOKEN\""] : [],
    ["'${local.service_url}/${var.grants[0].bucket}${local.try_path}'"],
  ))
}
