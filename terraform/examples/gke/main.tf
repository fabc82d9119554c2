# The bridge on GKE, with the same service account and configuration as the Cloud Run service, which costs nothing while idle. The
# output `manifest` (manifest.tf) is what kubectl applies. All nodes of the cluster must use Workload Identity Federation for GKE, as those
# of Autopilot do, and its network must have a proxy-only subnet for the internal load balancer.

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
  image      = var.image
  buckets    = { (var.bucket) = {} }
  grants     = [{ callers = [var.caller], bucket = var.bucket }]
  audiences  = ["https://${var.domain}"]

  deletion_protection = var.deletion_protection
}

# The pods' Kubernetes service account may act as the bridge's service account.
resource "google_service_account_iam_member" "pods" {
  service_account_id = "projects/${var.project}/serviceAccounts/${module.bridge.service_account}"
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project}.svc.id.goog[${var.namespace}/${local.name}]"
}

output "manifest" {
  description = "What `terraform output -raw manifest | kubectl apply -f -` creates in the cluster. Sensitive, because the configuration may contain external IDs."
  value       = local.manifest
  sensitive   = true
}
