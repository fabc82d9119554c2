# The variables for the networks and buckets that the service uses, and for its deletion.

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the service. Set it to true after the first successful apply: if a first apply fails because of its revision, Terraform must delete the service to create it again. To delete the service later, first apply this variable with false."
  type        = bool
  default     = false
}

variable "egress_cidr" {
  description = "IPv4 range of a separate network, such as 10.8.0.0/26, with four addresses for each of `max_instances`, and eight for the console. Requests to AWS then come from one static address (output egress_address, for aws:SourceIp). If it is not set, the requests come from Google's own addresses."
  type        = string
  default     = null

  validation {
    condition     = var.egress_cidr == null ? true : can(cidrnetmask(var.egress_cidr)) && try(tonumber(split("/", var.egress_cidr)[1]) <= 26, false) && !startswith(var.egress_cidr, "192.168.1.")
    error_message = "egress_cidr must be an IPv4 range of /26 or larger outside 192.168.1.0/24, which Cloud Run does not support. Write 10.8.0.0/26, for example."
  }
  validation {
    # Google reserves four addresses of a subnet. Cloud Run can use four per instance while an old revision and a new one run.
    condition     = var.egress_cidr == null ? true : 4 * (var.max_instances + (var.console == null ? 0 : 2)) + 4 <= pow(2, 32 - min(26, try(tonumber(split("/", var.egress_cidr)[1]), 0)))
    error_message = "egress_cidr must have four addresses for each of max_instances, eight if console is set, and four more: /26 is enough for 15 instances, or 13 and the console. Use a larger range, or lower max_instances."
  }
}

variable "volume" {
  description = "A Cloud Storage bucket to mount, and the path at which to mount it. The service account gets read access, or read and write access if `read_only` is false; the files then belong to the image's user."
  type = object({
    bucket     = string
    mount_path = string
    read_only  = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.volume == null ? true : startswith(var.volume.mount_path, "/") && !startswith(var.volume.mount_path, "/etc/fedbridge")
    error_message = "volume: mount_path must be an absolute path outside /etc/fedbridge, which contains the configuration. Use /mnt/NAME."
  }
}
