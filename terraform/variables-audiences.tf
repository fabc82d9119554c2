# The audiences of callers' tokens and of the bridge's own token. The bridge applies the same rules (src/config/shared-audiences.ts).

variable "audiences" {
  description = "Audiences that callers' tokens may have. If the list is empty, the URL of the service is the only one. If callers use a load balancer or a custom domain, set its URL."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for audience in var.audiences : audience != "" && trimspace(audience) == audience && audience != var.sts_audience])
    error_message = "audiences must be non-empty strings without leading or trailing spaces, and must not contain sts_audience: otherwise callers' tokens would have the audience that the trust policies require. Use the bridge's URL."
  }
  validation {
    condition     = var.settings.allow_shared_audience || alltrue([for audience in var.audiences : !can(regex("^(([a-z][a-z0-9+.-]*:)?//)?([0-9]+|[^/:?#]*\\.apps\\.googleusercontent\\.com|([^/:?#]*\\.)?googleapis\\.com|accounts\\.google\\.com|azureadtokenexchange|sigstore|sts(-fips)?(\\.[a-z0-9-]+)?\\.amazonaws\\.com(\\.cn)?)([/:?#].*)?$", lower(audience)))])
    error_message = "audiences must be only for this bridge. OAuth client IDs, numbers, and audiences of STS, Google APIs, Azure or Sigstore are not accepted, because other programs receive callers' tokens for these. Use the bridge's URL, or set `settings.allow_shared_audience`."
  }
}

variable "sts_audience" {
  description = "Audience of the bridge's own token. The trust policies require it as accounts.google.com:oaud."
  type        = string
  default     = "fedbridge"

  validation {
    condition     = var.sts_audience != "" && trimspace(var.sts_audience) == var.sts_audience
    error_message = "sts_audience must be a non-empty string without leading or trailing spaces. Change the default only if several bridges must not share a role."
  }
  validation {
    condition     = var.settings.allow_shared_audience || !can(regex("^(([a-z][a-z0-9+.-]*:)?//)?([0-9]+|[^/:?#]*\\.apps\\.googleusercontent\\.com|([^/:?#]*\\.)?googleapis\\.com|accounts\\.google\\.com|azureadtokenexchange|sigstore)([/:?#].*)?$", lower(var.sts_audience)))
    error_message = "sts_audience must be only for STS. An OAuth client ID, a number, or an audience of Google APIs, Azure or Sigstore is not accepted, because other programs receive the bridge's tokens for these. Use the default, or set `settings.allow_shared_audience`."
  }
}

variable "port_name" {
  description = "The protocol that Cloud Run uses to call the bridge: http1, or h2c for HTTP/2 without TLS. With h2c, responses larger than 32 MB have a Content-Length, which s3cmd and object_store need. h2c has not been tried on Cloud Run yet."
  type        = string
  default     = "http1"

  validation {
    condition     = contains(["http1", "h2c"], var.port_name)
    error_message = "port_name must be http1 or h2c: Cloud Run supports no other protocol."
  }
}
