# As for a single bucket, and what machines there are to be.

variable "project" {
  description = "Google Cloud project that the bridge runs in, by its ID."
  type        = string
}

variable "region" {
  description = "Google Cloud region that the bridge runs in."
  type        = string
}

variable "aws_region" {
  description = "AWS region of the bucket."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket that may be read, in the account of your AWS credentials."
  type        = string
}

variable "caller" {
  description = "E-mail of the service account that may get and list everything in it."
  type        = string
}

variable "audience" {
  description = "What callers' tokens must be for: the URL of the load balancer in front."
  type        = string
}

variable "machine_type" {
  description = "Machine type. The bridge is one process, so more than two CPUs are of little use."
  type        = string
  default     = "e2-standard-2"
}

variable "machines" {
  description = "How many machines, spread over the region's zones."
  type        = number
  default     = 2

  validation {
    condition     = var.machines >= 1 && floor(var.machines) == var.machines
    error_message = "machines must be a whole number from 1 on. With 2 one zone may fail."
  }
}
