# The bridge on Compute Engine, with the same service account and configuration as the Cloud Run service, which costs nothing while
# idle. Use Compute Engine for streams of more than an hour, or if you need a machine that always runs.

provider "google" {
  project = var.project
  region  = var.region
}

provider "aws" {
  region = var.aws_region
}

locals {
  port = 8080
  name = "fedbridge"
}

module "bridge" {
  source = "git::https://git.example/fedbridge.git//terraform?ref=v0.1.0"

  project     = var.project
  region      = var.region
  aws_region  = var.aws_region
  name        = local.name
  buckets     = { (var.bucket) = {} }
  grants      = [{ callers = [var.caller], bucket = var.bucket }]
  audiences   = [var.audience]
  config_in   = "secret"
  egress_cidr = "10.8.0.0/24"

  deletion_protection = var.deletion_protection
}

# Unlike a Cloud Run instance, a machine needs permission to pull its image and to write its log.

resource "google_artifact_registry_repository_iam_member" "machines" {
  project    = var.project
  location   = var.region
  repository = basename(module.bridge.registry)
  role       = "roles/artifactregistry.reader"
  member     = "serviceAccount:${module.bridge.service_account}"
}

resource "google_project_iam_member" "machines_log" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = "serviceAccount:${module.bridge.service_account}"
}

resource "google_compute_instance_template" "machine" {
  project      = var.project
  region       = var.region
  name_prefix  = "${local.name}-"
  machine_type = var.machine_type

  disk {
    source_image = "projects/cos-cloud/global/images/family/cos-stable"
    disk_type    = "pd-balanced"
    boot         = true
  }

  # The machine has no external address, so requests use the network's static address.
  network_interface {
    subnetwork = module.bridge.egress_subnetwork
  }

  service_account {
    email  = module.bridge.service_account
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot = true
  }

  metadata = {
    user-data              = local.user_data
    google-logging-enabled = "true"
    block-project-ssh-keys = "true"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_health_check" "live" {
  project             = var.project
  name                = "${local.name}-live"
  check_interval_sec  = 10
  timeout_sec         = 5
  unhealthy_threshold = 3

  # Checks /-/live, not /-/ready: a new machine does not help if STS is down or a role does not trust the bridge.
  http_health_check {
    port         = local.port
    request_path = "/-/live"
  }

  # The module enables Compute Engine's API.
  depends_on = [module.bridge]
}

resource "google_compute_region_instance_group_manager" "machines" {
  project            = var.project
  region             = var.region
  name               = local.name
  base_instance_name = local.name
  target_size        = var.machines

  version {
    instance_template = google_compute_instance_template.machine.self_link_unique
  }

  named_port {
    name = "http"
    port = local.port
  }

  auto_healing_policies {
    health_check = google_compute_health_check.live.id
    # Leaves time for the machine to start and pull the image.
    initial_delay_sec = 180
  }

  # Starts new machines before it stops old ones, one in each of the region's three zones.
  update_policy {
    type                  = "PROACTIVE"
    minimal_action        = "REPLACE"
    max_surge_fixed       = 3
    max_unavailable_fixed = 0
  }

  depends_on = [google_artifact_registry_repository_iam_member.machines]
}

# Health checks and Google's load balancers come from these ranges (Cloud Load Balancing, "Health checks overview").
resource "google_compute_firewall" "health_checks" {
  project                 = var.project
  name                    = "${local.name}-health-checks"
  network                 = module.bridge.egress_network
  source_ranges           = ["35.191.0.0/16", "130.211.0.0/22"]
  target_service_accounts = [module.bridge.service_account]

  allow {
    protocol = "tcp"
    ports    = [local.port]
  }
}

output "instance_group" {
  description = "Backend for a load balancer, which must terminate TLS, because callers' tokens must not be sent in plain text. The port is named http; let the load balancer check /-/ready."
  value       = google_compute_region_instance_group_manager.machines.instance_group
}
