# A check of the service's latest revision, which every plan and apply evaluates.

# If the revision of an update fails, the apply fails too. But later plans show no changes, because the service already has the new
# configuration, while an earlier revision serves.
check "latest_revision" {
  assert {
    condition     = google_cloud_run_v2_service.bridge.latest_ready_revision == google_cloud_run_v2_service.bridge.latest_created_revision && try(google_cloud_run_v2_service.bridge.terminal_condition[0].state, "CONDITION_SUCCEEDED") == "CONDITION_SUCCEEDED"
    error_message = "The latest revision of ${var.name} is not ready, so an earlier one serves, if there is one. Look for the cause in the log of the latest revision. To deploy the same configuration again, run `gcloud run services update ${var.name} --project ${var.project} --region ${var.region} --timeout 3600`."
  }
}
