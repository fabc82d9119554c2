# Settings of the bridge that most deployments do not need.

variable "settings" {
  description = "Other settings of the bridge, as docs/reference/configuration.md describes them: who may read the metrics and the egress report (`operators`), how many bytes callers may receive from S3 per day (`budgets`; each instance counts on its own), your own prices for the egress report (`egress_prices`, by AWS region), which web pages may call the bridge (`cors`), `cache` (raise the variable `memory` by `cache.memory`), `limits`, how large objects are read over several connections (`read_ahead`), the size above which responses are chunked (`chunk_above`), and whether other programs may share the audiences (`allow_shared_audience`). Write durations like `30s` or `10m`, and sizes like `32MB`."
  type = object({
    operators = optional(list(string), [])
    budgets = optional(list(object({
      callers       = list(string)
      bytes_per_day = string
      warn_at       = optional(number)
    })), [])
    egress_prices = optional(map(object({
      internet   = optional(number)
      cloudfront = optional(number)
      endpoint   = optional(number)
    })), {})
    chunk_above           = optional(string)
    allow_shared_audience = optional(bool, false)
    cache                 = optional(object({ memory = string, fresh_for = optional(string), kms = optional(string) }))
    cors                  = optional(object({ origins = list(string), max_age = optional(string) }))
    read_ahead = optional(object({
      connections = optional(number)
      memory      = optional(string)
    }))
    limits = optional(object({
      in_flight  = optional(number)
      per_caller = optional(number)
      stall      = optional(string)
      drain      = optional(string)
    }))
  })
  default = {}

  validation {
    condition     = try(var.settings.limits.in_flight, null) == null ? true : var.settings.limits.in_flight >= var.concurrency
    error_message = "settings: limits.in_flight must be at least concurrency: otherwise instances reject requests that Cloud Run sends them. Raise in_flight, or lower concurrency."
  }
  validation {
    condition     = can(regex("^[0-9]s$", try(coalesce(var.settings.limits.drain), "9s")))
    error_message = "settings: limits.drain must be 0s to 9s, because Cloud Run kills an instance 10 seconds after SIGTERM. Write \"9s\", for example."
  }
  validation {
    condition     = alltrue([for text in [try(coalesce(var.settings.limits.stall), "30s"), try(coalesce(var.settings.cors.max_age), "10m")] : can(regex("^[0-9]+[smh]$", text))])
    error_message = "settings: limits.stall and cors.max_age must be durations: a whole number followed by s, m or h. Write \"30s\" or \"10m\", for example."
  }
  validation {
    condition     = can(regex("^([1-9]|[1-5][0-9]|6[0-4])$", try(coalesce(var.settings.read_ahead.connections), 4)))
    error_message = "settings: read_ahead.connections must be a whole number from 1 to 64. Write 4, for example, or 1 to turn reading ahead off."
  }
  validation {
    condition     = alltrue([for text in [coalesce(var.settings.chunk_above, "32MB"), try(coalesce(var.settings.read_ahead.memory), "64MiB")] : can(regex("^[0-9]+([KMGT]i?)?B$", text))])
    error_message = "settings: chunk_above and read_ahead.memory must be sizes: a whole number followed by a unit (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB). Write \"32MB\", for example."
  }
  validation {
    condition     = alltrue([for budget in var.settings.budgets : can(regex("^[0-9]+([KMGT]i?)?B$", budget.bytes_per_day))])
    error_message = "settings: bytes_per_day must be a size: a whole number followed by a unit (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB). Write \"500GiB\", for example."
  }
  validation {
    condition     = alltrue([for budget in var.settings.budgets : try(coalesce(budget.warn_at), 0.8) > 0 && try(coalesce(budget.warn_at), 0.8) <= 1])
    error_message = "settings: warn_at must be above 0 and at most 1. Write 0.8 for 80 %, for example."
  }
  validation {
    condition     = can(regex("^[0-9]+[MG]iB$", try(coalesce(var.settings.cache.memory), "16MiB"))) && can(regex("^[0-9]+[smh]$", try(coalesce(var.settings.cache.fresh_for), "0s"))) && contains(["never", "memory"], try(coalesce(var.settings.cache.kms), "never"))
    error_message = "settings: cache.memory must be a size in MiB or GiB like \"256MiB\", cache.fresh_for a duration like \"1m\", and cache.kms \"never\" or \"memory\"."
  }
  validation {
    condition = var.settings.cache == null ? true : alltrue([
      for mib in [try(tonumber(regex("^[0-9]+", var.settings.cache.memory)) * (endswith(var.settings.cache.memory, "GiB") ? 1024 : 1), 0)] :
      mib + 192 <= tonumber(regex("^[0-9]+", var.memory)) * (endswith(var.memory, "Gi") ? 1024 : 1)
    ])
    error_message = "settings: cache.memory must be at least 192MiB smaller than memory, because the bridge refuses to start otherwise. Raise memory, or lower cache.memory."
  }
}
