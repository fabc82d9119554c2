# If `encryption_key` is set: Google's service agents that use the key, and the time until they can use it.

locals {
  # Cloud Run always uses the key. The others use it only if the module creates something that they store.
  encrypting_agents = var.encryption_key == null ? [] : concat(
    ["run"],
    var.image == null ? ["artifactregistry"] : [],
    var.image == null ? ["storage"] : [],
    local.stores_secrets ? ["secretmanager"] : [],
  )
}

# Reading Cloud Storage's agent creates it.
data "google_storage_project_service_account" "agent" {
  count = contains(local.encrypting_agents, "storage") ? 1 : 0

  project = var.project

  depends_on = [time_sleep.apis]
}

resource "google_kms_crypto_key_iam_member" "agents" {
  for_each = toset(var.grant_service_agents ? local.encrypting_agents : [])

  crypto_key_id = var.encryption_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = local.service_agents[each.value]

  # IAM rejects an account that does not exist yet.
  depends_on = [data.google_storage_project_service_account.agent, google_project_service_identity.agents]
}

resource "time_sleep" "encryption" {
  count = var.encryption_key == null ? 0 : 1

  create_duration = "60s"
  # A change of these values changes a permission.
  triggers = { key = var.encryption_key, agents = join(" ", local.encrypting_agents) }

  depends_on = [google_kms_crypto_key_iam_member.agents]
}
