# The five values without a default. The module validates them.

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
  description = "E-mail of the service account that may get and list everything in the bucket."
  type        = string
}
