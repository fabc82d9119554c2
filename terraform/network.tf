# A network of the bridge's own, through which its requests leave from one static address. Only where egress_cidr is set.

locals {
  egress_count = var.egress_cidr == null ? 0 : 1
}

resource "google_compute_network" "egress" {
  count = local.egress_count

  project                 = var.project
  name                    = var.name
  auto_create_subnetworks = false

  depends_on = [google_project_service.used]
}

resource "google_compute_subnetwork" "egress" {
  count = local.egress_count

  project       = var.project
  region        = var.region
  name          = var.name
  network       = google_compute_network.egress[0].id
  ip_cidr_range = var.egress_cidr
  # Google's own endpoints, such as its signing keys, need no address of ours.
  private_ip_google_access = true
}

resource "google_compute_address" "egress" {
  count = local.egress_count

  project      = var.project
  region       = var.region
  name         = "${var.name}-egress"
  address_type = "EXTERNAL"

  depends_on = [google_project_service.used]
}

resource "google_compute_router" "egress" {
  count = local.egress_count

  project = var.project
  region  = var.region
  name    = var.name
  network = google_compute_network.egress[0].id
}

resource "google_compute_router_nat" "egress" {
  count = local.egress_count

  project = var.project
  region  = var.region
  name    = var.name
  router  = google_compute_router.egress[0].name

  nat_ip_allocate_option             = "MANUAL_ONLY"
  nat_ips                            = [google_compute_address.egress[0].self_link]
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"
  subnetwork {
    name                    = google_compute_subnetwork.egress[0].id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  # S3 has few addresses, and each connection to one of them needs a port of ours: 64, the default, would be an instance's
  # limit. One address has 64,512 of them for all instances.
  enable_dynamic_port_allocation      = true
  enable_endpoint_independent_mapping = false
  min_ports_per_vm                    = 256
  max_ports_per_vm                    = 4096
}
