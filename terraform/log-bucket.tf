# A log bucket of its own for the bridge's log, with a retention for audits and with Log Analytics, which answers SQL.

resource "google_logging_project_bucket_config" "bridge" {
  count = var.log_bucket == null ? 0 : 1

  project          = var.project
  location         = coalesce(var.log_bucket.location, var.region)
  bucket_id        = var.name
  description      = "The log of ${var.name}."
  retention_days   = var.log_bucket.retention_days
  enable_analytics = true

  depends_on = [time_sleep.apis]
}

# A sink to a log bucket in the same project needs no permission (Cloud Logging, "Route logs to supported destinations").
resource "google_logging_project_sink" "bridge" {
  count = var.log_bucket == null ? 0 : 1

  project                = var.project
  name                   = var.name
  description            = "Routes the log of ${var.name} to its own bucket."
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.bridge[0].id}"
  filter                 = local.of_service
  unique_writer_identity = true
}
