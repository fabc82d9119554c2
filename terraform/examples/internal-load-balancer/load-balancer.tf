# A regional internal Application Load Balancer. It listens only on port 443, because callers' tokens must not be sent in plain text.
# The region's network must have a proxy-only subnet (purpose REGIONAL_MANAGED_PROXY), which all such load balancers share.

resource "google_compute_address" "bridge" {
  project      = var.project
  region       = var.region
  name         = local.name
  address_type = "INTERNAL"
  subnetwork   = var.subnet
  labels       = var.labels
}

resource "google_compute_region_network_endpoint_group" "bridge" {
  project               = var.project
  region                = var.region
  name                  = local.name
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = module.bridge.service
  }
}

resource "google_compute_region_backend_service" "bridge" {
  project               = var.project
  region                = var.region
  name                  = local.name
  load_balancing_scheme = "INTERNAL_MANAGED"
  protocol              = "HTTPS"

  backend {
    group           = google_compute_region_network_endpoint_group.bridge.id
    balancing_mode  = "UTILIZATION"
    capacity_scaler = 1
  }
}

resource "google_compute_region_url_map" "bridge" {
  project         = var.project
  region          = var.region
  name            = local.name
  default_service = google_compute_region_backend_service.bridge.id
}

resource "google_compute_region_target_https_proxy" "bridge" {
  project                          = var.project
  region                           = var.region
  name                             = local.name
  url_map                          = google_compute_region_url_map.bridge.id
  certificate_manager_certificates = [var.certificate]
}

resource "google_compute_forwarding_rule" "bridge" {
  project               = var.project
  region                = var.region
  name                  = local.name
  load_balancing_scheme = "INTERNAL_MANAGED"
  ip_address            = google_compute_address.bridge.id
  port_range            = "443"
  target                = google_compute_region_target_https_proxy.bridge.id
  network               = var.network
  subnetwork            = var.subnet
  labels                = var.labels
}
