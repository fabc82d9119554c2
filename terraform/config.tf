# The bridge's configuration, built from the variables.

locals {
  # Anyone who may view the service sees its environment, and a configuration with chained roles may contain external IDs.
  config_in = var.config_in != null ? var.config_in : anytrue([for role in values(var.roles) : length(role.then) > 0]) ? "secret" : "environment"

  # This URL is known before the service exists (Cloud Run, "Deterministic URL"), so the configuration can contain it.
  service_url = "https://${var.name}-${data.google_project.this.number}.${var.region}.run.app"
  audiences   = length(var.audiences) > 0 ? var.audiences : [local.service_url]

  # A bucket without `role` uses the only role.
  role_of = { for name, bucket in var.buckets : name => coalesce(bucket.role, keys(var.roles)[0]) }

  # Fields without a value are omitted, because the bridge rejects empty fields.
  config = {
    for field, value in {
      audience            = local.audiences
      allowSharedAudience = var.settings.allow_shared_audience ? true : null
      issuers             = length(var.issuers) > 0 ? local.config_issuers : null
      aws                 = { region = var.aws_region, audience = var.sts_audience }
      roles               = local.config_roles
      buckets             = local.config_buckets
      grants              = local.config_grants
      budgets             = length(var.settings.budgets) > 0 ? local.config_budgets : null
      egress              = length(var.settings.egress_prices) > 0 ? { prices = local.config_egress_prices } : null
      operators           = length(var.settings.operators) > 0 ? var.settings.operators : null
      responses           = var.settings.chunk_above == null ? null : { chunkAbove = var.settings.chunk_above }
      readAhead           = local.config_read_ahead
      cors                = local.config_cors
      console             = local.console_audience == null ? null : { audience = local.console_audience }
      cache               = local.config_cache
      limits              = local.config_limits
    } : field => value if value != null
  }
  config_yaml = yamlencode(local.config)

  config_issuers = [
    for issuer in var.issuers : {
      for field, value in {
        name     = issuer.name
        kind     = issuer.kind
        url      = issuer.url
        audience = length(issuer.audiences) > 0 ? issuer.audiences : null
        jwks     = issuer.jwks
      } : field => value if value != null
    }
  ]

  config_roles = {
    for name, role in var.roles : name => {
      for field, value in {
        arn      = local.role_arns[name]
        duration = role.duration
        session  = role.session
        then     = length(role.then) > 0 ? local.config_hops[name] : null
      } : field => value if value != null
    }
  }
  config_hops = {
    for name, role in var.roles : name => [
      for hop in role.then : {
        for field, value in {
          arn = hop.arn
          # Only an existing external ID is sensitive: otherwise Terraform would also hide configurations without external IDs.
          externalId     = one([for id in [hop.external_id] : sensitive(id) if id != null])
          tags           = length(hop.tags) > 0 ? hop.tags : null
          callerTags     = hop.caller_tags ? true : null
          transitiveTags = length(hop.transitive_tags) > 0 ? hop.transitive_tags : null
          sourceIdentity = hop.source_identity
        } : field => value if value != null
      }
    ]
  }
  config_buckets = {
    for name, bucket in var.buckets : name => {
      for field, value in {
        role            = local.role_of[name]
        target          = bucket.target
        region          = bucket.region
        endpoint        = bucket.endpoint
        via             = local.via_of[name]
        requesterPays   = bucket.requester_pays
        verifyChecksums = bucket.verify_checksums
        cache           = bucket.cache
        expectedOwner   = bucket.expected_owner
        kmsKeys         = length(bucket.kms_keys) > 0 ? bucket.kms_keys : null
      } : field => value if value != null
    }
  }
  config_grants = [
    for grant in local.grants : {
      for field, value in grant : field => value if value != null
    }
  ]
  config_budgets = [
    for budget in var.settings.budgets : {
      for field, value in {
        callers     = budget.callers
        bytesPerDay = budget.bytes_per_day
        warnAt      = budget.warn_at
      } : field => value if value != null
    }
  ]
  config_egress_prices = {
    for region, prices in var.settings.egress_prices : region => {
      for path, price in prices : path => price if price != null
    }
  }
  config_cors = var.settings.cors == null ? null : {
    for field, value in {
      origins = var.settings.cors.origins
      maxAge  = var.settings.cors.max_age
    } : field => value if value != null
  }
  config_read_ahead = var.settings.read_ahead == null ? null : {
    for field, value in {
      connections = var.settings.read_ahead.connections
      memory      = var.settings.read_ahead.memory
    } : field => value if value != null
  }
  config_cache = var.settings.cache == null ? null : {
    for field, value in {
      memory   = var.settings.cache.memory
      freshFor = var.settings.cache.fresh_for
      kms      = var.settings.cache.kms
    } : field => value if value != null
  }
  config_limits = var.settings.limits == null ? null : {
    for field, value in {
      inFlight  = var.settings.limits.in_flight
      perCaller = var.settings.limits.per_caller
      stall     = var.settings.limits.stall
      drain     = var.settings.limits.drain
    } : field => value if value != null
  }
}
