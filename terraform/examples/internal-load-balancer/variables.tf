# Who may read what. variables-company.tf declares what the company brings along.

variable "project" {
  description = "ID of the Google Cloud project that the bridge runs in."
  type        = string
}

variable "region" {
  description = "Google Cloud region that the bridge runs in."
  type        = string
}

variable "domain" {
  description = "Domain name that callers use, without https://. It becomes the audience of their tokens."
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
  description = "Email of the service account that may get and list everything in the bucket."
  type        = string
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the service. Set it to true after the first successful apply."
  type        = bool
  default     = false
}
