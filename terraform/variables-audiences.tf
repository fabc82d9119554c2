# What identity tokens are for: those of callers, and the bridge's own. The bridge has the same rules (src/config/shared-audiences.ts).

variable "audiences" {
  description = "What callers' identity tokens must be for. The service's own URL where empty; with a load balancer or a domain in front, its URL."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for audience in var.audiences : audience != "" && trimspace(audience) == audience && audience != var.sts_audience])
    error_message = "audiences must be texts without spaces at their ends, and must not hold sts_audience: else a caller's token would be worth something at STS. Use the bridge's URL."
  }
  validation {
    condition     = var.settings.allow_shared_audience || alltrue([for audience in var.audiences : !can(regex("^(([a-z][a-z0-9+.-]*:)?//)?([0-9]+|[^/:?#]*\\.apps\\.googleusercontent\\.com|([^/:?#]*\\.)?googleapis\\.com|accounts\\.google\\.com|azureadtokenexchange|sigstore|sts(-fips)?(\\.[a-z0-9-]+)?\\.amazonaws\\.com(\\.cn)?)([/:?#].*)?$", lower(audience)))])
    error_message = "audiences must be for this bridge only, and not OAuth client IDs, numbers, or audiences of STS, Google APIs, Azure or Sigstore: other programs receive callers' tokens for these. Use the bridge's URL, or set `settings.allow_shared_audience`."
  }
}

variable "sts_audience" {
  description = "What the bridge's own identity token is for: accounts.google.com:oaud in the trust policies."
  type        = string
  default     = "fedbridge"

  validation {
    condition     = var.sts_audience != "" && trimspace(var.sts_audience) == var.sts_audience
    error_message = "sts_audience must be a text without spaces at its ends. The default will do, unless several bridges must not share a role."
  }
  validation {
    condition     = var.settings.allow_shared_audience || !can(regex("^(([a-z][a-z0-9+.-]*:)?//)?([0-9]+|[^/:?#]*\\.apps\\.googleusercontent\\.com|([^/:?#]*\\.)?googleapis\\.com|accounts\\.google\\.com|azureadtokenexchange|sigstore)([/:?#].*)?$", lower(var.sts_audience)))
    error_message = "sts_audience must be for STS only, and not an OAuth client ID, a number, or an audience of Google APIs, Azure or Sigstore: other programs receive the bridge's tokens for these. Use the default, or set `settings.allow_shared_audience`."
  }
}
