# The variables for what a company already has, or requires: accounts, networks, keys, labels and APIs.

variable "service_account" {
  description = "Email and unique ID of an existing service account to run as. The trust policies name the unique ID, which `gcloud iam service-accounts describe EMAIL --format 'value(uniqueId)'` shows. Give the account no permissions: the bridge needs only its identity. If the account is in another project, that project's policies must allow it to be used here. Without it, the module creates an account."
  type        = object({ email = string, unique_id = string })
  default     = null

  validation {
    condition     = var.service_account == null ? true : can(regex("^[a-z0-9.-]+@[a-z0-9.-]+\\.gserviceaccount\\.com$", var.service_account.email)) && can(regex("^[0-9]{10,30}$", var.service_account.unique_id))
    error_message = "service_account must have the email of a service account, NAME@PROJECT.iam.gserviceaccount.com, and its unique ID: digits, in quotes. `gcloud iam service-accounts describe EMAIL` shows both."
  }
}

variable "vpc" {
  description = "An existing subnet that the service's requests go through, such as one of a shared VPC, as projects/HOST_PROJECT/regions/REGION/subnetworks/NAME. The subnet needs four free addresses for each of `max_instances`. `tags` are network tags for firewall rules. All requests use the subnet, so the network needs a route to AWS, such as Cloud NAT; with `all_traffic = false`, only requests to private addresses use it. If the subnet is in another project, Cloud Run's service agent needs roles/compute.networkUser on it (`grant_service_agents`)."
  type = object({
    subnet      = string
    tags        = optional(list(string), [])
    all_traffic = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.vpc == null ? true : can(regex("^projects/[^/]+/regions/[^/]+/subnetworks/[^/]+$", var.vpc.subnet)) && try(split("/", var.vpc.subnet)[3], "") == var.region
    error_message = "vpc: subnet must be projects/PROJECT/regions/REGION/subnetworks/NAME, in the region of the service. `gcloud compute networks subnets list` shows the names."
  }
  validation {
    condition     = var.vpc == null || var.egress_cidr == null
    error_message = "vpc must be omitted if egress_cidr is set, because a service uses one network. Remove egress_cidr to use your own subnet."
  }
}

variable "encryption_key" {
  description = "Cloud KMS key (CMEK) that encrypts everything that the module stores in Google Cloud: the service's image and configuration, the secret, the registry and the buckets. The key must be in `region`. Google's service agents need roles/cloudkms.cryptoKeyEncrypterDecrypter on it (`grant_service_agents`)."
  type        = string
  default     = null

  validation {
    condition     = var.encryption_key == null ? true : can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.encryption_key)) && try(split("/", var.encryption_key)[3], "") == var.region
    error_message = "encryption_key must be projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY, in the region of the service. `gcloud kms keys list --keyring RING --location REGION` shows the name."
  }
}

variable "grant_service_agents" {
  description = "Whether the module grants Google's service agents what they need outside of the service: to use `encryption_key`, to read `image` in another project, and to use a subnet (`vpc`) in another project. Use false if somebody else grants these roles; the output service_agents shows the members."
  type        = bool
  default     = true
}

variable "enable_apis" {
  description = "Whether the module enables the APIs that it uses, and creates Google's service agents. Use false if APIs are enabled elsewhere; the output apis lists them."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels for every Google Cloud resource that can have labels, for example to assign costs."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "labels must have keys and values of at most 63 lowercase letters, digits, hyphens and underscores, and each key must begin with a letter. Write cost_center = \"data-42\", for example."
  }
}

variable "aws_roles" {
  description = "What the AWS roles that the module creates have besides their policies: `path`, `permissions_boundary` (the ARN of a policy that limits them) and `tags`. The boundary must allow the reads that are granted, or sts:AssumeRole for roles with chained roles."
  type = object({
    path                 = optional(string, "/")
    permissions_boundary = optional(string)
    tags                 = optional(map(string), {})
  })
  default = {}

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.aws_roles.path)) && length(var.aws_roles.path) <= 512
    error_message = "aws_roles: path must begin and end with \"/\", and have at most 512 visible ASCII characters. Write \"/data/\", for example."
  }
  validation {
    condition     = var.aws_roles.permissions_boundary == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.aws_roles.permissions_boundary))
    error_message = "aws_roles: permissions_boundary must be the ARN of an IAM policy, arn:aws:iam::123456789012:policy/NAME. `aws iam list-policies` shows it."
  }
}

variable "build_region" {
  description = "Region in which Cloud Build builds the first image and runs the triggers of `delivery`. Default: `region`. New projects may build only in some regions, such as us-central1, us-west2, europe-west1, asia-east1, australia-southeast1 and southamerica-east1 (Cloud Build, \"Restricted regions\")."
  type        = string
  default     = null

  validation {
    condition     = var.build_region == null ? true : can(regex("^[a-z]+-[a-z]+[0-9]+$", var.build_region))
    error_message = "build_region must be a Google Cloud region, like europe-west1. If builds fail with a quota error, try one of the regions in this variable's description."
  }
}

variable "build_node_image" {
  description = "Node image from which Cloud Build builds the first image. The default is Google's mirror of Docker Hub, because Docker Hub limits the downloads of builds that share an address."
  type        = string
  default     = "mirror.gcr.io/library/node:26-slim"

  validation {
    condition     = can(regex("^[a-z0-9.-]+(:[0-9]+)?/[a-z0-9._/-]+(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})$", var.build_node_image))
    error_message = "build_node_image must be REGISTRY/PATH:TAG or REGISTRY/PATH@sha256:…, an image with Node 24 or later on Debian. Use your own mirror of node:26-slim, for example."
  }
}
