# The Kubernetes objects: a deployment, its configuration, and an internal load balancer that terminates TLS.

locals {
  name     = "fedbridge"
  port     = 8080
  metadata = { name = local.name, namespace = var.namespace, labels = { app = local.name } }
  manifest = join("---\n", [for object in local.objects : yamlencode(object)])

  objects = [
    { apiVersion = "v1", kind = "Namespace", metadata = { name = var.namespace } },
    {
      apiVersion = "v1"
      kind       = "ServiceAccount"
      metadata   = merge(local.metadata, { annotations = { "iam.gke.io/gcp-service-account" = module.bridge.service_account } })
    },
    {
      apiVersion = "v1"
      kind       = "Secret"
      metadata   = local.metadata
      stringData = { "config.yaml" = module.bridge.config }
    },
    { apiVersion = "apps/v1", kind = "Deployment", metadata = local.metadata, spec = local.deployment },
    {
      apiVersion = "policy/v1"
      kind       = "PodDisruptionBudget"
      metadata   = local.metadata
      spec       = { maxUnavailable = 1, selector = { matchLabels = { app = local.name } } }
    },
    {
      apiVersion = "v1"
      kind       = "Service"
      metadata = merge(local.metadata, { annotations = {
        "cloud.google.com/neg"            = jsonencode({ ingress = true })
        "cloud.google.com/backend-config" = jsonencode({ default = local.name })
      } })
      spec = { selector = { app = local.name }, ports = [{ name = "http", port = 80, targetPort = local.port }] }
    },
    {
      apiVersion = "cloud.google.com/v1"
      kind       = "BackendConfig"
      metadata   = local.metadata
      # The load balancer's default of 30 seconds would cut off large objects.
      spec = { timeoutSec = 3600, connectionDraining = { drainingTimeoutSec = 60 } }
    },
    {
      apiVersion = "networking.k8s.io/v1"
      kind       = "Ingress"
      # Callers' tokens must not be sent in plain text, so there is no HTTP.
      metadata = merge(local.metadata, { annotations = {
        "kubernetes.io/ingress.class"      = "gce-internal"
        "kubernetes.io/ingress.allow-http" = "false"
      } })
      spec = {
        tls            = [{ secretName = var.tls_secret }]
        defaultBackend = { service = { name = local.name, port = { name = "http" } } }
      }
    },
  ]
}
