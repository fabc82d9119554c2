# The five values without a default, and two with one. The module validates them.

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

variable "kms_key" {
  description = "ARN of the KMS key that encrypts the bucket's objects (SSE-KMS), so that the role may decrypt with it. Leave it out if the bucket uses SSE-S3 or the key aws/s3."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the service. Set it to true after the first successful apply."
  type        = bool
  default     = false
}
