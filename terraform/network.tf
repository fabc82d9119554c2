# The network that the service uses: `vpc`, or a separate network that gives the bridge's requests one static source address, created
# only if egress_cidr is set.

locals {
  egress_count = var.egress_cidr == null ? 0 : 1

  # None or one.
  service_networks = concat(
    [for subnetwork in google_compute_subnetwork.egress : {
      egress     = "ALL_TRAFFIC"
      network    = google_compute_network.egress[0].name
      subnetwork = subnetwork.name
      tags       = null
    }],
    [for vpc in var.vpc == null ? [] : [var.vpc] : {
      egress     = vpc.all_traffic ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY"
      network    = null
      subnetwork = vpc.subnet
      tags       = vpc.tags
    }],
  )
}

resource "google_compute_network" "egress" {
  count = local.egress_count

  project                 = var.project
  name                    = var.name
  auto_create_subnetworks = false

  depends_on = [time_sleep.apis]
}

resource "google_compute_subnetwork" "egress" {
  count = local.egress_count

  project       = var.project
  region        = var.region
  name          = var.name
  network       = google_compute_network.egress[0].id
  ip_cidr_range = var.egress_cidr
  # Requests to Google's own endpoints, such as its signing keys, do not need the static address.
  private_ip_google_access = true
}

resource "google_compute_address" "egress" {
  count = local.egress_count

  project      = var.project
  region       = var.region
  name         = "${var.name}-egress"
  address_type = "EXTERNAL"
  labels       = var.labels

  depends_on = [time_sleep.apis]
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

  # S3 has few addresses, and each connection to an address needs its own source port. With the default of 64 ports per
  # instance, an instance could open only 64 connections to an address. One static address has 64,512 ports for all instances.
  enable_dynamic_port_allocation      = true
  enable_endpoint_independent_mapping = false
  min_ports_per_vm                    = 256
  max_ports_per_vm                    = 4096
}
