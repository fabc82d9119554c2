# Two roles with different access, a partner's bucket whose role already exists, and callers named in four ways.
# Everything is written out here; copy the parts that you need.

provider "google" {
  project = local.project
  region  = local.region
}

provider "aws" {
  region = "eu-west-1"
}

locals {
  project = "acme-prod"
  region  = "europe-west1"
}

module "bridge" {
  source = "git::https://git.example/fedbridge.git//terraform?ref=v0.1.0"

  project    = local.project
  region     = local.region
  aws_region = "eu-west-1"
  name       = "lake-bridge"
  audiences  = ["https://lake-bridge.example"]

  roles = {
    lake    = {}
    finance = { session = "caller", duration = "15m" }
    # Its owner has applied module.bridge.trust_policy and module.bridge.read_policies["partner"].
    partner = { arn = "arn:aws:iam::210987654321:role/for-acme" }
  }

  buckets = {
    acme-lake = { role = "lake", region = "us-east-2" }
    acme-ledger = {
      role           = "finance"
      region         = "eu-west-1"
      expected_owner = "123456789012"
      kms_keys       = ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
    }
    partner-drop = { role = "partner", target = "partner-outgoing-acme", requester_pays = true }
  }

  grants = [
    # All service accounts of the analytics project may read the public prefix.
    { callers = ["project:acme-analytics"], bucket = "acme-lake", prefix = "raw/public/" },
    # Two service accounts, one of them named by its unique ID, may also read old versions in another prefix.
    {
      callers = ["loader@acme-prod.iam.gserviceaccount.com", "112010400000000710080"]
      bucket  = "acme-lake"
      prefix  = "raw/private/"
      allow   = ["get", "list", "versions"]
    },
    # Only the account that has both this email and this ID may read this one object.
    {
      callers = ["audit@acme-prod.iam.gserviceaccount.com#112010400000000710081"]
      bucket  = "acme-ledger"
      key     = "2026/balance.csv"
      allow   = ["get", "tags"]
    },
    { callers = ["loader@acme-prod.iam.gserviceaccount.com"], bucket = "partner-drop" },
  ]

  settings = {
    operators = ["ops@acme-prod.iam.gserviceaccount.com"]
    limits    = { per_caller = 50 }
  }

  config_in     = "secret"
  ingress       = "internal-and-load-balancer"
  min_instances = 1
  max_instances = 20
  egress_cidr   = "10.8.0.0/25"
  # Set it to true after the first successful apply.
  deletion_protection   = false
  notification_channels = ["projects/acme-prod/notificationChannels/1234567890"]
}

output "for_the_partner" {
  description = "The policies for the partner's role, and the address that the partner's bucket policy may require."
  value = {
    trust_policy = module.bridge.trust_policy
    read_policy  = module.bridge.read_policies["partner"]
    source_ip    = module.bridge.egress_address
  }
}
