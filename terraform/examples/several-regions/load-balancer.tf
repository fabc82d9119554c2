# A global external Application Load Balancer with a certificate for the domain. It listens only on port 443, because callers' tokens
# must not be sent in plain text.

locals {
  services = merge({ (var.region) = module.bridge.service }, { for region, bridge in module.more : region => bridge.service })
}

resource "google_project_service" "compute" {
  project            = var.project
  service            = "compute.googleapis.com"
  disable_on_destroy = false
}

resource "google_compute_global_address" "bridge" {
  project = var.project
  name    = local.name

  # The API needs a while after it has been enabled; the bridge takes longer.
  depends_on = [google_project_service.compute, module.bridge]
}

resource "google_compute_region_network_endpoint_group" "bridge" {
  for_each = local.services

  project               = var.project
  region                = each.key
  name                  = local.name
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = each.value
  }

  depends_on = [google_project_service.compute]
}

resource "google_compute_backend_service" "bridge" {
  project               = var.project
  name                  = local.name
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"

  dynamic "backend" {
    for_each = google_compute_region_network_endpoint_group.bridge
    content {
      group = backend.value.id
    }
  }

  # There are no health checks for Cloud Run. A region that responds with 502, 503 or 504 five times in a row gets no requests for 30
  # seconds, but never more than half of the regions.
  outlier_detection {
    consecutive_gateway_failure           = 5
    enforcing_consecutive_gateway_failure = 100
    max_ejection_percent                  = 50
    base_ejection_time {
      seconds = 30
    }
    interval {
      seconds = 10
    }
  }

  log_config {
    enable = true
  }
}

resource "google_compute_url_map" "bridge" {
  project         = var.project
  name            = local.name
  default_service = google_compute_backend_service.bridge.id
}

resource "google_compute_managed_ssl_certificate" "bridge" {
  project = var.project
  # A new domain needs a new name, because a certificate cannot change.
  name = "${local.name}-${substr(sha256(var.domain), 0, 8)}"

  managed {
    domains = [var.domain]
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_project_service.compute, module.bridge]
}

resource "google_compute_ssl_policy" "bridge" {
  project         = var.project
  name            = local.name
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"

  depends_on = [google_project_service.compute, module.bridge]
}

resource "google_compute_target_https_proxy" "bridge" {
  project          = var.project
  name             = local.name
  url_map          = google_compute_url_map.bridge.id
  ssl_certificates = [google_compute_managed_ssl_certificate.bridge.id]
  ssl_policy       = google_compute_ssl_policy.bridge.id
}

resource "google_compute_global_forwarding_rule" "bridge" {
  project               = var.project
  name                  = local.name
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.bridge.id
  port_range            = "443"
  target                = google_compute_target_https_proxy.bridge.id
}
