# A Cloud Monitoring dashboard with what the alerts watch.

locals {
  charts = [
    { title = "Requests per second, by status", query = "sum by (response_code_class) (rate(${local.run_metric.request_count}[5m]))" },
    { title = "Time until S3's first byte, 95th percentile (ms)", query = "histogram_quantile(0.95, sum by (le) (rate(${replace(local.promql.first_byte, "first_byte{", "first_byte_bucket{")}[5m])))" },
    { title = "Faults per minute", query = "sum by (fault) (rate(${local.promql.faults}[5m])) * 60" },
    { title = "Denials by S3 per minute, by bucket", query = "sum by (bucket) (rate(${local.promql.s3_denials}[5m])) * 60" },
    { title = "Failed role assumptions and renewals per minute, by role", query = "sum by (role) (rate(${local.promql.role_failures}[5m]) or rate(${local.promql.renewal_failures}[5m])) * 60" },
    { title = "Instances", query = "sum(${local.run_metric.container_instance_count})" },
  ]
}

resource "google_monitoring_dashboard" "bridge" {
  count = var.dashboard ? 1 : 0

  project = var.project
  dashboard_json = jsonencode({
    displayName = var.name
    gridLayout = {
      columns = "2"
      widgets = [for chart in local.charts : {
        title = chart.title
        xyChart = {
          dataSets = [{ plotType = "LINE", timeSeriesQuery = { prometheusQuery = chart.query } }]
        }
      }]
    }
  })

  depends_on = [google_logging_metric.bridge, google_logging_metric.first_byte]
}
