# How the bridge runs: its name, its image, how callers reach it, and how large it may become.

variable "name" {
  description = "What everything that is made here is called, or begins with: the service, its service account, the AWS roles."
  type        = string
  default     = "fedbridge"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.name))
    error_message = "name must be 6 to 30 lower-case letters, digits and hyphens, as service accounts are called. Begin with a letter, and do not end with a hyphen."
  }
}

variable "image" {
  description = "Image of the bridge by digest, like europe-west1-docker.pkg.dev/PROJECT/fedbridge/fedbridge@sha256:…. Without it the first apply has Cloud Build make one from this checkout, for which gcloud must be here and signed in; from then on the one tagged latest is taken, by its digest."
  type        = string
  default     = null

  validation {
    condition     = var.image == null ? true : can(regex("^[a-z0-9.-]+(:[0-9]+)?/.+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must name a digest, REGISTRY/PATH@sha256:…: a tag may become another image. `gcloud artifacts docker images describe IMAGE:TAG` shows the digest."
  }
}

variable "config_in" {
  description = "Where the service finds its configuration: environment (the variable FEDBRIDGE_CONFIG holds it, and anyone who may see the service sees it) or secret (a file mounted from Secret Manager, which only the service account may read). Without it: secret if an entry of roles has further hops, which may have external IDs, else environment."
  type        = string
  default     = null

  validation {
    condition     = var.config_in == null ? true : contains(["environment", "secret"], var.config_in)
    error_message = "config_in must be environment or secret, or be left out. It holds no secrets either way; secret hides who may read what, and external IDs, from those who may see the service."
  }
}

variable "invoker_check" {
  description = "How callers are checked at the door. false: the bridge checks them alone, and S3 clients work as they are (invoker_iam_disabled). true: Cloud Run checks too, and lets in the callers of `grants` (roles/run.invoker); they send a token in X-Serverless-Authorization for Cloud Run and one in Authorization for the bridge, for which the same one will do, as both take `audiences`. S3 clients cannot send both."
  type        = bool
  default     = false
}

variable "invokers" {
  description = "With invoker_check, the IAM members that Cloud Run lets in besides the e-mails in `grants`: callers that are named there by unique ID or project, a scheduler that probes."
  type        = list(string)
  default     = []

  validation {
    condition     = var.invoker_check || length(var.invokers) == 0
    error_message = "invokers must be empty without invoker_check: nobody looks at it. Set invoker_check, or remove them."
  }
  validation {
    condition     = !var.invoker_check || length(var.invokers) > 0 || alltrue([for caller in flatten(var.grants[*].callers) : strcontains(caller, "@")])
    error_message = "invokers must name the callers that grants names by unique ID or project, where invoker_check is on: Cloud Run does not know them by these. Or name them by e-mail in grants."
  }
  validation {
    condition     = alltrue([for member in var.invokers : can(regex("^(serviceAccount|user|group|domain|principal|principalSet):.+$", member))])
    error_message = "invokers must be IAM members, like serviceAccount:EMAIL. allUsers does not do here: that is what invoker_check = false is for."
  }
}

variable "ingress" {
  description = "From where the service can be reached: all, internal (VPC networks of the project), or internal-and-load-balancer."
  type        = string
  default     = "all"

  validation {
    condition     = contains(["all", "internal", "internal-and-load-balancer"], var.ingress)
    error_message = "ingress must be all, internal or internal-and-load-balancer. Whoever comes from elsewhere gets 404, and nothing is logged."
  }
}

variable "min_instances" {
  description = "Instances that are there without requests. 1 spares callers the cold start, and costs while idle."
  type        = number
  default     = 0

  validation {
    condition     = var.min_instances >= 0 && floor(var.min_instances) == var.min_instances
    error_message = "min_instances must be a whole number from 0 on. 0 lets the service scale to nothing."
  }
}

variable "max_instances" {
  description = "Instances at most: what bounds the cost, and the sessions that STS is asked for."
  type        = number
  default     = 10

  validation {
    condition     = var.max_instances >= max(1, var.min_instances) && floor(var.max_instances) == var.max_instances
    error_message = "max_instances must be a whole number from 1 on, and at least min_instances. Raise it."
  }
}

variable "concurrency" {
  description = "Requests that an instance gets at once."
  type        = number
  default     = 200

  validation {
    condition     = var.concurrency >= 1 && var.concurrency <= 1000 && floor(var.concurrency) == var.concurrency
    error_message = "concurrency must be a whole number from 1 to 1000, Cloud Run's limit. With less than one CPU it must be 1."
  }
}

variable "cpu" {
  description = "CPUs of an instance. More than one is of use to TLS and the kernel alone: the bridge is one process."
  type        = string
  default     = "1"

  validation {
    condition     = contains(["1", "2", "4", "8"], var.cpu)
    error_message = "cpu must be 1, 2, 4 or 8. For more throughput raise max_instances."
  }
}

variable "memory" {
  description = "Memory of an instance. Bodies are streamed, not held: more requests at once need little more."
  type        = string
  default     = "512Mi"

  validation {
    condition     = can(regex("^[0-9]+(Mi|Gi)$", var.memory))
    error_message = "memory must be a number with Mi or Gi, like 512Mi. Cloud Run wants at least 512Mi here."
  }
}

variable "cpu_idle" {
  description = "Whether an instance has its CPU only while it answers requests or probes, which alone is billed then. With false it has it always, and all of it is billed."
  type        = bool
  default     = true
}

variable "start_unready" {
  description = "Whether a revision may start that can assume no role yet. true for the first apply where the only role is another's, who has yet to be told trust_policy."
  type        = bool
  default     = false
}

variable "log_level" {
  description = "From which level on the bridge logs: fatal, error, warn, info, debug, trace or silent."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["fatal", "error", "warn", "info", "debug", "trace", "silent"], var.log_level)
    error_message = "log_level must be fatal, error, warn, info, debug, trace or silent. The alerts need error."
  }
}

variable "deletion_protection" {
  description = "Whether `terraform destroy` refuses to delete the service. To delete it, apply false first."
  type        = bool
  default     = true
}

variable "egress_cidr" {
  description = "IPv4 range for a network of its own, like 10.8.0.0/26, through which all requests to AWS then leave from one static address (output egress_address, for aws:SourceIp). Without it they leave from Google's own addresses."
  type        = string
  default     = null

  validation {
    condition     = var.egress_cidr == null ? true : can(cidrnetmask(var.egress_cidr)) && try(tonumber(split("/", var.egress_cidr)[1]) <= 26, false) && !startswith(var.egress_cidr, "192.168.1.")
    error_message = "egress_cidr must be an IPv4 range of /26 or larger outside 192.168.1.0/24, of which Cloud Run uses none. 10.8.0.0/26 will do for about 30 instances."
  }
}

variable "volume" {
  description = "A Cloud Storage bucket to mount, and where. The service account gets the right to read it, or to write it too."
  type = object({
    bucket     = string
    mount_path = string
    read_only  = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.volume == null ? true : startswith(var.volume.mount_path, "/") && !startswith(var.volume.mount_path, "/etc/fedbridge")
    error_message = "volume: mount_path must be an absolute path outside /etc/fedbridge, where the configuration is. Take /mnt/NAME."
  }
}

variable "notification_channels" {
  description = "Whom the alerts tell: IDs of notification channels, projects/PROJECT/notificationChannels/ID. Without any, incidents are opened and nobody is told."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for channel in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", channel))])
    error_message = "notification_channels must be IDs, projects/PROJECT/notificationChannels/ID. `gcloud beta monitoring channels list` shows them."
  }
}
