# Stand-ins for values that Google would return.

mock_resource "google_service_account" {
  defaults = {
    email     = "fedbridge@acme-prod.iam.gserviceaccount.com"
    member    = "serviceAccount:fedbridge@acme-prod.iam.gserviceaccount.com"
    unique_id = "104815162342108150001"
  }
}

mock_data "google_project" {
  defaults = {
    number = "123456789012"
  }
}
