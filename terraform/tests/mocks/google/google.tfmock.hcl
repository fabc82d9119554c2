# Stand-ins for values that Google would return.

mock_resource "google_service_account" {
  defaults = {
    email     = "fedbridge@acme-prod.iam.gserviceaccount.com"
    member    = "serviceAccount:fedbridge@acme-prod.iam.gserviceaccount.com"
    unique_id = "104815162342108150001"
  }
}

mock_resource "google_cloud_run_v2_service" {
  defaults = {
    latest_created_revision = "fedbridge-00001-abc"
    latest_ready_revision   = "fedbridge-00001-abc"
    terminal_condition      = []
  }
}

mock_data "google_project" {
  defaults = {
    number = "123456789012"
  }
}
