# The pods. They run as the image's user, with a read-only file system and without capabilities.

locals {
  deployment = {
    replicas = var.replicas
    selector = { matchLabels = { app = local.name } }
    template = {
      # A new configuration replaces the pods.
      metadata = { labels = { app = local.name }, annotations = { "fedbridge/config" = sha256(module.bridge.config) } }
      spec = {
        serviceAccountName            = local.name
        terminationGracePeriodSeconds = 30
        securityContext = {
          runAsNonRoot   = true
          runAsUser      = 65532
          runAsGroup     = 65532
          fsGroup        = 65532
          seccompProfile = { type = "RuntimeDefault" }
        }
        topologySpreadConstraints = [{
          maxSkew           = 1
          topologyKey       = "topology.kubernetes.io/zone"
          whenUnsatisfiable = "ScheduleAnyway"
          labelSelector     = { matchLabels = { app = local.name } }
        }]
        containers = [local.container]
        volumes    = [{ name = "config", secret = { secretName = local.name, defaultMode = 288 } }]
      }
    }
  }

  container = {
    name  = local.name
    image = module.bridge.image
    ports = [{ name = "http", containerPort = local.port }]
    env = [
      { name = "FEDBRIDGE_CONFIG", value = "/etc/fedbridge/config.yaml" },
      { name = "PORT", value = tostring(local.port) },
    ]
    # A process uses one core. The memory is twice what 1,000 slow readers need.
    resources       = { requests = { cpu = "500m", memory = "512Mi" }, limits = { memory = "512Mi" } }
    securityContext = { allowPrivilegeEscalation = false, readOnlyRootFilesystem = true, capabilities = { drop = ["ALL"] } }
    volumeMounts    = [{ name = "config", mountPath = "/etc/fedbridge", readOnly = true }]
    # GKE's metadata server, a new IAM binding and a new role may need a minute.
    startupProbe   = { httpGet = { path = "/-/ready", port = "http" }, periodSeconds = 1, failureThreshold = 180 }
    readinessProbe = { httpGet = { path = "/-/ready", port = "http" }, periodSeconds = 10, timeoutSeconds = 5 }
    livenessProbe  = { httpGet = { path = "/-/live", port = "http" }, periodSeconds = 10, timeoutSeconds = 5 }
    # The load balancer needs a moment to stop sending requests to this pod.
    lifecycle = { preStop = { sleep = { seconds = 10 } } }
  }
}
