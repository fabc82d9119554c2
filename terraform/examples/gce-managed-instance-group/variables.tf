# Who may read what, and the machines.

variable "project" {
  description = "ID of the Google Cloud project that the bridge runs in."
  type        = string
}

variable "region" {
  description = "Google Cloud region that the bridge runs in."
  type        = string
}

variable "aws_region" {
  description = "The bucket's AWS region."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket that may be read, in the account of your AWS credentials."
  type        = string
}

variable "caller" {
  description = "Email of the service account that may get and list everything in the bucket."
  type        = string
}

variable "audience" {
  description = "Audience of callers' tokens: the URL of the load balancer."
  type        = string
}

variable "machine_type" {
  description = "Machine type. The bridge is one process, so more than two CPUs help little."
  type        = string
  default     = "e2-standard-2"
}

variable "machines" {
  description = "Number of machines, spread over the region's zones."
  type        = number
  default     = 2

  validation {
    condition     = var.machines >= 1 && floor(var.machines) == var.machines
    error_message = "machines must be a whole number of at least 1. With 2 machines, the service survives the failure of one zone."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the service. Set it to true after the first successful apply."
  type        = bool
  default     = false
}
