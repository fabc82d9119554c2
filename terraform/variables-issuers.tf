# Issuers other than Google whose tokens callers may present. The bridge applies the same rules (src/config/issuer-checks.ts).

variable "issuers" {
  description = "Issuers other than Google whose tokens callers may present, such as a GKE cluster or GitHub Actions. Grants name their callers as `NAME:NAMESPACE/SERVICEACCOUNT` if `kind` is kubernetes, and as `NAME:SUBJECT` if `kind` is generic. `url` is the exact `iss` claim of the tokens. `audiences` is by default the same as for Google's tokens, and `jwks` is needed only if the keys are on another host than `url`."
  type = list(object({
    name      = string
    kind      = string
    url       = string
    audiences = optional(list(string), [])
    jwks      = optional(string)
  }))
  default = []

  validation {
    condition     = alltrue([for issuer in var.issuers : can(regex("^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$", issuer.name)) && !contains(["project", "user", "group", "domain", "principal", "vend", "google"], issuer.name)]) && length(distinct(var.issuers[*].name)) == length(var.issuers)
    error_message = "issuers: name must be 1 to 31 lowercase letters, digits and hyphens, begin with a letter, be used once, and not be project, user, group, domain, principal, vend or google. Choose another name."
  }
  validation {
    condition     = alltrue([for issuer in var.issuers : contains(["kubernetes", "generic"], issuer.kind)])
    error_message = "issuers: kind must be kubernetes or generic. For GitHub Actions and any other issuer that is no Kubernetes cluster, use generic."
  }
  validation {
    condition     = alltrue([for issuer in var.issuers : can(regex("^https://[^/?#\\s]+[^?#\\s]*$", issuer.url)) && can(regex("^https://[^/#\\s]+[^#\\s]*$", coalesce(issuer.jwks, issuer.url)))]) && length(distinct(var.issuers[*].url)) == length(var.issuers)
    error_message = "issuers: url and jwks must be https URLs, and each url may occur once. Copy url from the iss claim of a token."
  }
  validation {
    condition     = alltrue(flatten([for issuer in var.issuers : [for audience in issuer.audiences : audience != "" && trimspace(audience) == audience && audience != var.sts_audience && audience != issuer.url]]))
    error_message = "issuers: audiences must be non-empty strings without leading or trailing spaces, and must contain neither sts_audience nor the issuer's url, which is the default audience of its tokens. Use the bridge's URL."
  }
  validation {
    condition     = alltrue([for caller in flatten([var.grants[*].callers, var.settings.operators]) : !can(regex("^[a-z][a-z0-9-]*:", caller)) || startswith(caller, "project:") || startswith(caller, "user:") || contains(var.issuers[*].name, split(":", caller)[0])])
    error_message = "issuers must contain the issuer of every caller that grants or settings.operators name as ISSUER:SUBJECT. Add the issuer, or correct the caller."
  }
}
