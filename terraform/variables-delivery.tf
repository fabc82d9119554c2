# What tests each commit and deploys it, if anything does.

variable "delivery" {
  description = "Cloud Build triggers that test each commit of `branch`, push its image as a candidate, and deploy the candidate without traffic, probe it and give it the traffic, each under an account of its own. `repository` is a repository that Cloud Build is connected to in `region`, `source_url` its URL for the image's labels. `node_image`, `docker_image` and `gcloud_image` are what the steps run in, by digest: the first lines of cloudbuild.yaml have the command that looks them up. `probe_key` is an object of `probe_bucket` for the probe to read: the deployer's only grant. With `approval` each deployment waits for a person. None: nothing is delivered."
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
    error_message = "delivery: repository must be projects/PROJECT/locations/REGION/connections/CONNECTION/repositories/NAME. `gcloud builds repositories list --connection CONNECTION --region REGION` shows it; connect one first if there is none."
  }
  validation {
    condition     = var.delivery == null ? true : alltrue([for image in [var.delivery.node_image, var.delivery.docker_image, var.delivery.gcloud_image] : can(regex("@sha256:[0-9a-f]{64}$", image))])
    error_message = "delivery: node_image, docker_image and gcloud_image must each name a digest, NAME@sha256:…: a tag may become another image. The first lines of cloudbuild.yaml have the command that looks them up."
  }
  validation {
    condition     = var.delivery == null ? true : contains(keys(var.buckets), var.delivery.probe_bucket) && var.delivery.probe_key != ""
    error_message = "delivery: probe_bucket must be the name of an entry of buckets, and probe_key an object in it. Put a small object there, such as probe/healthz."
  }
  validation {
    condition     = var.delivery == null ? true : can(regex("^[A-Za-z0-9._/-]+$", var.delivery.branch))
    error_message = "delivery: branch must be the name of one branch, like main. Patterns are not accepted: what it matches is deployed."
  }
  validation {
    condition     = var.delivery == null ? true : contains(["GITHUB", "BITBUCKET_SERVER", "UNKNOWN"], var.delivery.repo_type)
    error_message = "delivery: repo_type must be GITHUB, BITBUCKET_SERVER or UNKNOWN. Use UNKNOWN for any other host that Cloud Build connects to."
  }
  validation {
    condition     = var.delivery == null || var.image == null
    error_message = "delivery must be left out if image is set: each apply would undo what a build has deployed. Remove image; then the image tagged latest is used."
  }
}
