# Ours, and what the owner of the bucket tells us.

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
  description = "Name of the owner's bucket."
  type        = string
}

variable "prefix" {
  description = "What may be read of it: everything below this, which ends with \"/\"."
  type        = string
}

variable "caller" {
  description = "E-mail of the service account that may get and list it."
  type        = string
}

variable "owner_account" {
  description = "Number of the owner's AWS account."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.owner_account))
    error_message = "owner_account must be an AWS account number, 12 digits in quotes. The owner's `aws sts get-caller-identity` shows it."
  }
}

variable "owner_role" {
  description = "Name for the role that is made in the owner's account."
  type        = string
  default     = "lake-data"
}

variable "owner_admin_role" {
  description = "Name of the role in the owner's account that Terraform works there as."
  type        = string
}

variable "external_id" {
  description = "What the owner wants to hear with each AssumeRole: 2 to 1,224 letters, digits and _+=,.@:/-."
  type        = string
  # AWS does not treat it as a secret. Still, plans and logs need not show it; with it they hide the owner's trust policy.
  sensitive = true

  validation {
    condition     = can(regex("^[\\w+=,.@:/-]+$", var.external_id)) && length(var.external_id) >= 2 && length(var.external_id) <= 1224
    error_message = "external_id must be 2 to 1,224 letters, digits and _+=,.@:/-. The owner chooses it; a UUID will do."
  }
}
