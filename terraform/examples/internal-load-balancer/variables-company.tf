# What the company brings along.

variable "image" {
  description = "Image of the bridge by digest, like europe-west1-docker.pkg.dev/PROJECT/fedbridge/fedbridge@sha256:…."
  type        = string
}

variable "service_account" {
  description = "Email and unique ID of the service account that the bridge runs as."
  type        = object({ email = string, unique_id = string })
}

variable "network" {
  description = "Network of the load balancer, as projects/PROJECT/global/networks/NAME."
  type        = string
}

variable "subnet" {
  description = "Subnet of the service and the load balancer, as projects/PROJECT/regions/REGION/subnetworks/NAME. Its network needs Cloud NAT or another route to AWS."
  type        = string
}

variable "certificate" {
  description = "Certificate for the domain in Certificate Manager, as projects/PROJECT/locations/REGION/certificates/NAME."
  type        = string
}

variable "encryption_key" {
  description = "Cloud KMS key (CMEK), as projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY."
  type        = string
}

variable "labels" {
  description = "Labels for every Google Cloud resource."
  type        = map(string)
}

variable "aws_roles" {
  description = "Path, permissions boundary and tags of the AWS role."
  type = object({
    path                 = string
    permissions_boundary = string
    tags                 = map(string)
  })
}
