# The variables of the Cloud Run service: its name, image, network access and size.

variable "name" {
  description = "Name, or prefix of the name, of each resource that the module creates, such as the service, its service account and the AWS roles."
  type        = string
  default     = "fedbridge"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.name))
    error_message = "name must be 6 to 30 lowercase letters, digits and hyphens, because it is also the name of the service account. Begin with a letter, and do not end with a hyphen."
  }
}

variable "image" {
  description = "Image of the bridge by digest, like europe-west1-docker.pkg.dev/PROJECT/fedbridge/fedbridge@sha256:…. Your build server pushes it, and the module creates no registry. If the image is in another project, Cloud Run's service agent needs roles/artifactregistry.reader there (`grant_service_agents`). If it is not set, the first apply creates a registry and uses Cloud Build to build an image from this checkout; gcloud must be installed and signed in. Later applies use the image tagged latest, by its digest."
  type        = string
  default     = null

  validation {
    condition     = var.image == null ? true : can(regex("^[a-z0-9.-]+(:[0-9]+)?/.+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must name a digest, REGISTRY/PATH@sha256:…: a tag may point to another image later. `gcloud artifacts docker images describe IMAGE:TAG` shows the digest."
  }
}

variable "config_in" {
  description = "Where the service finds its configuration: environment (in the variable FEDBRIDGE_CONFIG, visible to anyone who may view the service) or secret (a file from Secret Manager that only the service account may read). Default: secret if an entry of roles has chained roles, which may have external IDs; otherwise environment."
  type        = string
  default     = null

  validation {
    condition     = var.config_in == null ? true : contains(["environment", "secret"], var.config_in)
    error_message = "config_in must be environment or secret, or be omitted. The configuration contains no secrets either way; use secret to hide grants and external IDs from people who may view the service."
  }
}

variable "invoker_check" {
  description = "Whether Cloud Run also checks callers. false: only the bridge checks them, and S3 clients work unmodified (invoker_iam_disabled). true: Cloud Run admits only the callers in `grants` (roles/run.invoker) and `invokers`. Callers send a token in X-Serverless-Authorization for Cloud Run and a token in Authorization for the bridge. The same token works in both headers, because Cloud Run and the bridge both accept `audiences`. S3 clients cannot send both headers."
  type        = bool
  default     = false
}

variable "invokers" {
  description = "IAM members that Cloud Run admits in addition to the emails in `grants` if invoker_check is true: callers that `grants` names by unique ID or project, or a scheduler that runs the probe."
  type        = list(string)
  default     = []

  validation {
    condition     = var.invoker_check || length(var.invokers) == 0
    error_message = "invokers must be empty unless invoker_check is true, because only that check uses them. Set invoker_check, or remove the invokers."
  }
  validation {
    condition     = !var.invoker_check || length(var.invokers) > 0 || alltrue([for caller in flatten(var.grants[*].callers) : can(regex("^[^:]+@", caller)) || startswith(caller, "user:")])
    error_message = "invokers must include the callers that grants names by unique ID or project if invoker_check is true: Terraform cannot derive IAM members from a unique ID or a project. Add the callers, or name them by email in grants."
  }
  validation {
    condition     = alltrue([for member in var.invokers : can(regex("^(serviceAccount|user|group|domain|principal|principalSet):.+$", member))])
    error_message = "invokers must be IAM members, like serviceAccount:EMAIL. allUsers is not accepted: set invoker_check = false instead."
  }
}

variable "ingress" {
  description = "Networks that can reach the service: internal (VPC networks of the project, its shared VPC network, and internal load balancers), internal-and-load-balancer, or all (the internet, where only the bridge's own check of tokens protects it)."
  type        = string
  default     = "internal"

  validation {
    condition     = contains(["all", "internal", "internal-and-load-balancer"], var.ingress)
    error_message = "ingress must be internal, internal-and-load-balancer or all. Requests from other networks get 404 and are not logged."
  }
}

variable "min_instances" {
  description = "Minimum number of instances, even without requests. 1 avoids cold starts, but costs money while idle."
  type        = number
  default     = 0

  validation {
    condition     = var.min_instances >= 0 && floor(var.min_instances) == var.min_instances
    error_message = "min_instances must be a whole number of at least 0. With 0, the service can scale to zero."
  }
}

variable "max_instances" {
  description = "Maximum number of instances. It limits the cost and the number of STS sessions."
  type        = number
  default     = 10

  validation {
    condition     = var.max_instances >= max(1, var.min_instances) && floor(var.max_instances) == var.max_instances
    error_message = "max_instances must be a whole number of at least 1, and at least min_instances. Raise max_instances."
  }
}

variable "concurrency" {
  description = "Maximum number of concurrent requests per instance."
  type        = number
  default     = 200

  validation {
    condition     = var.concurrency >= 1 && var.concurrency <= 1000 && floor(var.concurrency) == var.concurrency
    error_message = "concurrency must be a whole number from 1 to 1000, Cloud Run's limit. For more concurrent requests, raise max_instances."
  }
}

variable "cpu" {
  description = "CPUs of an instance. The bridge is one process, so more than one CPU helps only TLS and the kernel."
  type        = string
  default     = "1"

  validation {
    condition     = contains(["1", "2", "4", "8"], var.cpu)
    error_message = "cpu must be 1, 2, 4 or 8. For more throughput, raise max_instances."
  }
}

variable "memory" {
  description = "Memory of an instance. Bodies are streamed, so more concurrent requests need little more memory."
  type        = string
  default     = "512Mi"

  validation {
    condition     = can(regex("^[0-9]+(Mi|Gi)$", var.memory))
    error_message = "memory must be a number with Mi or Gi, like 512Mi. Cloud Run requires at least 512Mi for this service."
  }
  validation {
    condition = alltrue([
      for mib in [try(tonumber(regex("^[0-9]+", var.memory)) * (endswith(var.memory, "Gi") ? 1024 : 1), 0)] :
      mib >= lookup({ "4" = 2048, "8" = 4096 }, var.cpu, 512) && mib <= lookup({ "1" = 4096, "2" = 8192, "4" = 16384 }, var.cpu, 32768)
    ])
    error_message = "memory must be 512Mi to 4Gi with 1 CPU, 512Mi to 8Gi with 2 CPUs, 2Gi to 16Gi with 4, and 4Gi to 32Gi with 8, because Cloud Run rejects other combinations. Change memory or cpu."
  }
}

variable "cpu_idle" {
  description = "Whether an instance has CPU only during requests and probes, so that only this time is billed. If false, an instance always has CPU, and its whole lifetime is billed. With `prometheus_sidecar`, an instance always has CPU."
  type        = bool
  default     = true
}

variable "start_unready" {
  description = "Whether a revision may start before it can assume any role. Use true for the first apply if the only role belongs to somebody else, who needs the output trust_policy before the role can trust the bridge."
  type        = bool
  default     = false
}

variable "log_level" {
  description = "Lowest level that the bridge logs: fatal, error, warn, info, debug, trace or silent."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["fatal", "error", "warn", "info", "debug", "trace", "silent"], var.log_level)
    error_message = "log_level must be fatal, error, warn, info, debug, trace or silent. The alerts need log lines of level error, which fatal and silent omit."
  }
}

variable "notification_channels" {
  description = "Notification channels for the alerts, as projects/PROJECT/notificationChannels/ID. Without a channel, alerts open incidents but notify nobody."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for channel in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", channel))])
    error_message = "notification_channels must be IDs, projects/PROJECT/notificationChannels/ID. `gcloud beta monitoring channels list` shows them."
  }
}
