# The versions that this module needs; test/terraform/schema.json has the schema of the same providers.
terraform {
  # 1.9: a variable's validation may refer to other variables.
  required_version = ">= 1.9.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
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
