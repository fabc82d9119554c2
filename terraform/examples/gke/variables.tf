# Who may read what, and the names in the cluster.

variable "project" {
  description = "ID of the Google Cloud project that the bridge runs in."
  type        = string
}

variable "region" {
  description = "Google Cloud region that the bridge runs in."
  type        = string
}

variable "domain" {
  description = "Domain name that callers use, without https://. It becomes the audience of their tokens. Point it at the address that `kubectl get ingress` shows."
  type        = string
}

variable "image" {
  description = "Image of the bridge by digest, like europe-west1-docker.pkg.dev/PROJECT/fedbridge/fedbridge@sha256:…. The cluster's nodes must be allowed to pull it."
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

variable "namespace" {
  description = "Kubernetes namespace to create for the bridge."
  type        = string
  default     = "fedbridge"
}

variable "tls_secret" {
  description = "Kubernetes secret in the namespace with the certificate for the domain (type kubernetes.io/tls)."
  type        = string
  default     = "fedbridge-tls"
}

variable "replicas" {
  description = "Number of pods. Each uses one core, so add pods for more load."
  type        = number
  default     = 2
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the service. Set it to true after the first successful apply."
  type        = bool
  default     = false
}
