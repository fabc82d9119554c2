# The variable for the console, the web page for people.

variable "console" {
  description = "Runs the console, a web page on which people browse the buckets, as a second Cloud Run service behind Identity-Aware Proxy (docs/how-to/console.md). `{}` is enough: the people that `grants` and `settings.operators` name as user:EMAIL may open it. `viewers` are further IAM members that may open it, such as `group:data@acme.example`; they see only what `grants` give them by name. `ingress` has the same values as the variable `ingress`. `audience` is the audience of Identity-Aware Proxy's assertions, if it differs from the form that Google documents. The project must be in an organization, and the people must belong to it. Not yet run on Google Cloud."
  type = object({
    viewers  = optional(list(string), [])
    ingress  = optional(string, "all")
    audience = optional(string)
  })
  default = null

  validation {
    condition     = alltrue([for member in try(var.console.viewers, []) : can(regex("^(user|group|domain|principal|principalSet):.+$", member))])
    error_message = "console: viewers must be IAM members of people, like user:EMAIL, group:EMAIL or domain:DOMAIN. allUsers is not accepted, because people must sign in, and service accounts are not, because they read from the bridge. Correct the members, or remove them."
  }
  validation {
    condition     = var.console == null ? true : contains(["all", "internal", "internal-and-load-balancer"], var.console.ingress)
    error_message = "console: ingress must be internal, internal-and-load-balancer or all. With all, Identity-Aware Proxy still admits only people who have signed in and may open the console. Correct ingress, or omit it."
  }
  validation {
    condition     = can(regex("^/projects/[0-9]+/\\S+$", try(coalesce(var.console.audience), "/projects/1/x")))
    error_message = "console: audience must be /projects/ and the project's number, followed by the rest of the `aud` claim. Copy it from the console's log, which reports the `aud` of each rejected assertion, or omit it."
  }
  validation {
    condition     = var.console != null || alltrue([for caller in flatten([var.grants[*].callers, var.settings.operators]) : !startswith(caller, "user:")])
    error_message = "console must be set if grants or settings.operators name people as user:EMAIL, because only the console admits people. Write console = {}, or remove the people."
  }
}
