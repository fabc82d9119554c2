# Your own values, and those that the owner of the bucket provides.

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
  description = "Name of the owner's bucket."
  type        = string
}

variable "prefix" {
  description = "Prefix of the keys that may be read. It ends with \"/\"."
  type        = string
}

variable "caller" {
  description = "Email of the service account that may get and list objects below the prefix."
  type        = string
}

variable "owner_account" {
  description = "ID of the owner's AWS account."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.owner_account))
    error_message = "owner_account must be an AWS account ID: 12 digits, in quotes. `aws sts get-caller-identity` in the owner's account shows it."
  }
}

variable "owner_role" {
  description = "Name of the role to create in the owner's account."
  type        = string
  default     = "lake-data"
}

variable "owner_admin_role" {
  description = "Name of the role that Terraform assumes in the owner's account."
  type        = string
}

variable "external_id" {
  description = "External ID that the owner requires with each AssumeRole: 2 to 1,224 letters, digits and _+=,.@:/-."
  type        = string
  # AWS does not treat an external ID as a secret, but plans and logs should not show it. Plans then also hide the owner's trust
  # policy.
  sensitive = true

  validation {
    condition     = can(regex("^[\\w+=,.@:/-]+$", var.external_id)) && length(var.external_id) >= 2 && length(var.external_id) <= 1224
    error_message = "external_id must be 2 to 1,224 letters, digits and _+=,.@:/-. The owner chooses the value, for example a UUID."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the service. Set it to true after the first successful apply."
  type        = bool
  default     = false
}
