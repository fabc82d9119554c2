# The variable that makes Cloud Build test and deploy each commit.

variable "delivery" {
  description = "Cloud Build triggers, each with its own account: one tests each commit of `branch` and pushes its image as a candidate; the other deploys the candidate without traffic, probes it, and moves the traffic. `repository` is a repository connected to Cloud Build in `build_region`, and `source_url` is the repository's URL for the image's labels. `node_image`, `docker_image` and `gcloud_image` are the images of the build steps, by digest: the command in the first lines of cloudbuild.yaml prints the digests. `probe_key` is an object in `probe_bucket` that the probe reads; the deployer's only grant is to get this object. With `approval`, a person must approve each deployment. Without `delivery`, there are no triggers."
  type = object({
    repository   = string
    source_url   = string
    node_image   = string
    docker_image = string
    gcloud_image = string
    probe_bucket = string
    probe_key    = string
    branch       = optional(string, "main")
    repo_type    = optional(string, "GITHUB")
    approval     = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.delivery == null ? true : can(regex("^projects/[^/]+/locations/[^/]+/connections/[^/]+/repositories/[^/]+$", var.delivery.repository))
    error_message = "delivery: repository must be projects/PROJECT/locations/REGION/connections/CONNECTION/repositories/NAME. `gcloud builds repositories list --connection CONNECTION --region REGION` shows it; if the list is empty, connect a repository first."
  }
  validation {
    condition     = var.delivery == null ? true : alltrue([for image in [var.delivery.node_image, var.delivery.docker_image, var.delivery.gcloud_image] : can(regex("@sha256:[0-9a-f]{64}$", image))])
    error_message = "delivery: node_image, docker_image and gcloud_image must each name a digest, NAME@sha256:…: a tag may point to another image later. The command in the first lines of cloudbuild.yaml prints the digests."
  }
  validation {
    condition     = var.delivery == null ? true : contains(keys(var.buckets), var.delivery.probe_bucket) && var.delivery.probe_key != ""
    error_message = "delivery: probe_bucket must be the name of an entry of buckets, and probe_key an object in that bucket. Upload a small object for the probe, such as probe/healthz."
  }
  validation {
    condition     = var.delivery == null ? true : can(regex("^[A-Za-z0-9._/-]+$", var.delivery.branch))
    error_message = "delivery: branch must be the name of one branch, like main. Patterns are not accepted, because every matching branch would be deployed."
  }
  validation {
    condition     = var.delivery == null ? true : contains(["GITHUB", "BITBUCKET_SERVER", "UNKNOWN"], var.delivery.repo_type)
    error_message = "delivery: repo_type must be GITHUB, BITBUCKET_SERVER or UNKNOWN. Use UNKNOWN for any other host that Cloud Build connects to."
  }
  validation {
    condition     = var.delivery == null || var.ingress == "all"
    error_message = "delivery must be omitted unless ingress is all: the probe of a new revision runs on Cloud Build, which is outside of your VPC networks. Set ingress to all, or deploy in another way."
  }
  validation {
    condition     = var.delivery == null || var.image == null
    error_message = "delivery must be omitted if image is set: otherwise each apply would undo the last deployment. Remove image, so that the image tagged latest is used."
  }
}
