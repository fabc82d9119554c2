# These files are written for these versions, and checked against them (test/terraform/schema.json).
terraform {
  # 1.9: a variable's validation may refer to other variables.
  required_version = ">= 1.9.0"

  required_providers {
    google = {
      source = "hashicorp/google"
      # 7.24: readiness probes of Cloud Run.
      version = ">= 7.24.0, < 9.0.0"
    }
    # Only for google_project_service_identity, which google does not have.
    google-beta = {
      source  = "hashicorp/google-beta"
      version = ">= 7.24.0, < 9.0.0"
    }
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    # Only for time_sleep: new permissions need some time before they take effect.
    time = {
      source  = "hashicorp/time"
      version = "~> 0.9"
    }
  }
}
