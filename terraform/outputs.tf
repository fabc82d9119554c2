# What the next step needs: callers the URL, owners of buckets the policies, an operator the rest.

output "url" {
  description = "The service's URL, which is also the audience of callers' tokens unless `audiences` says otherwise."
  value       = local.service_url
}

output "audiences" {
  description = "What callers' tokens must be for."
  value       = local.audiences
}

output "try" {
  description = "A command that reads the first grant's bucket as its first caller. Whoever runs it needs roles/iam.serviceAccountTokenCreator on that caller."
  value       = local.try
}

output "service_account" {
  description = "E-mail of the bridge's service account."
  value       = google_service_account.bridge.email
}

output "service_account_unique_id" {
  description = "Its unique ID, which the trust policies name: a service account that is made again under the same e-mail has another."
  value       = google_service_account.bridge.unique_id
}

output "trust_policy" {
  description = "Trust policy of roles that exist elsewhere (`arn`), as `fedbridge trust-policy` prints it."
  value       = local.trust_policy
}

output "role_arns" {
  description = "The AWS roles that the bridge assumes, by their names."
  value       = local.role_arns
}

output "read_policies" {
  description = "By name of a role, the policy that lets it read what is granted: for roles that exist elsewhere, and for the last of further hops."
  value       = local.read_policies
}

output "config" {
  description = "The bridge's configuration, for `fedbridge check`, and for bridges elsewhere that run as the same service account. Sensitive, as it may hold external IDs: `terraform output -raw config` shows it."
  value       = local.config_yaml
  sensitive   = true
}

output "config_secret" {
  description = "Name of the version in Secret Manager that holds the configuration, for bridges elsewhere that run as the same service account; null if it is in the service's environment."
  value       = one(google_secret_manager_secret_version.config[*].name)
}

output "image" {
  description = "The image that runs, by digest."
  value       = local.image
}

output "registry" {
  description = "Where images go: push to REGISTRY/fedbridge."
  value       = local.registry
}

output "builder" {
  description = "E-mail of the service account that the first image is built as; null where `image` is given."
  value       = one(google_service_account.builder[*].email)
}

output "delivery" {
  description = "For builds by hand (cloudbuild.yaml, cloudbuild-deploy.yaml): e-mails of the accounts `tester`, `deployer` and `stranger`, and where `candidates` go; null without the variable of that name."
  value = var.delivery == null ? null : {
    tester     = google_service_account.tester[0].email
    deployer   = google_service_account.deployer[0].email
    stranger   = google_service_account.stranger[0].email
    candidates = local.candidates
  }
}

output "egress_address" {
  description = "The address that requests to AWS come from, for aws:SourceIp; null without egress_cidr."
  value       = one(google_compute_address.egress[*].address)
}

output "egress_network" {
  description = "Self link of the network behind that address; null without egress_cidr."
  value       = one(google_compute_network.egress[*].self_link)
}

output "egress_subnetwork" {
  description = "Self link of its subnet; null without egress_cidr."
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
