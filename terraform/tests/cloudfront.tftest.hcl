# Checks the CloudFront distributions that the module creates.

mock_provider "google" {
  source = "./tests/mocks/google"
}

mock_provider "google-beta" {}

mock_provider "aws" {
  source = "./tests/mocks/aws"
}

# Without a mock, each test would wait for permissions that no test needs.
mock_provider "time" {}

variables {
  project    = "acme-prod"
  region     = "europe-west1"
  aws_region = "eu-west-1"
  buckets    = { acme-lake = {} }
  grants     = [{ callers = ["reader@acme-prod.iam.gserviceaccount.com"], bucket = "acme-lake", prefix = "raw/public/" }]
  image      = "europe-west1-docker.pkg.dev/acme-prod/fedbridge/fedbridge@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "a_distribution_caches_nothing_and_signs_nothing" {
  variables {
    buckets    = { acme-lake = { region = "us-east-2", target = "acme-lake-us" } }
    cloudfront = { buckets = ["acme-lake"] }
  }
  assert {
    condition     = aws_cloudfront_distribution.bucket["acme-lake"].default_cache_behavior[0].cache_policy_id == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" && alltrue([for error in aws_cloudfront_distribution.bucket["acme-lake"].custom_error_response : error.error_caching_min_ttl == 0])
    error_message = "CloudFront must cache neither objects nor errors."
  }
  assert {
    condition     = one(aws_cloudfront_distribution.bucket["acme-lake"].origin).domain_name == "acme-lake-us.s3.us-east-2.amazonaws.com" && one(aws_cloudfront_distribution.bucket["acme-lake"].origin).origin_access_control_id == null
    error_message = "The origin must be the bucket's regional domain, without an origin access control."
  }
  assert {
    condition     = yamldecode(output.config).buckets.acme-lake.via == "https://d111111abcdef8.cloudfront.net" && output.cloudfront_domains.acme-lake == "d111111abcdef8.cloudfront.net"
    error_message = "The bridge must read through the distribution."
  }
}

run "a_distribution_requires_the_region" {
  command = plan
  variables {
    cloudfront = { buckets = ["acme-lake"] }
  }
  expect_failures = [var.cloudfront]
}
