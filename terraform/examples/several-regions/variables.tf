# The regions, the domain, and who may read what.

variable "project" {
  description = "ID of the Google Cloud project that the bridge runs in."
  type        = string
}

variable "region" {
  description = "The first Google Cloud region that the bridge runs in."
  type        = string
}

variable "more_regions" {
  description = "The other Google Cloud regions that the bridge runs in."
  type        = list(string)
}

variable "domain" {
  description = "Domain name that callers use, without https://. It becomes the audience of their tokens."
  type        = string
}

variable "image" {
  description = "Image of the bridge by digest, like europe-west1-docker.pkg.dev/PROJECT/fedbridge/fedbridge@sha256:…."
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
