# CloudFront distributions in front of buckets. Objects then leave AWS at CloudFront's prices. The buckets stay private: S3 checks
# the bridge's signature of each request.

locals {
  distributed = var.cloudfront == null ? {} : { for name in var.cloudfront.buckets : name => var.buckets[name] }
  # An error that CloudFront caches would hide an object from other callers. CloudFront accepts a TTL only for these statuses.
  errors_of_origin = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]
  via_of = {
    for name, bucket in var.buckets : name =>
    contains(keys(local.distributed), name) ? "https://${aws_cloudfront_distribution.bucket[name].domain_name}" : bucket.via
  }
}

resource "aws_cloudfront_distribution" "bucket" {
  for_each = local.distributed

  comment         = "Fedbridge ${var.name}: objects of ${coalesce(each.value.target, each.key)}, for requests that the bridge has signed"
  enabled         = true
  http_version    = "http2"
  is_ipv6_enabled = true
  price_class     = var.cloudfront.price_class
  web_acl_id      = var.cloudfront.web_acl_id
  tags            = var.cloudfront.tags

  # There is no origin access control: CloudFront would otherwise sign requests itself, and anyone could read the bucket.
  origin {
    origin_id   = "s3"
    domain_name = "${coalesce(each.value.target, each.key)}.s3.${each.value.region}.${data.aws_partition.current.dns_suffix}"

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id       = "s3"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    compress               = false
    viewer_protocol_policy = "https-only"
    # CachingDisabled: an object from a cache would be served without a check of the caller's rights.
    cache_policy_id = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    # AllViewerExceptHostHeader: S3 needs the signature and the query, but its own host name.
    origin_request_policy_id = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
  }

  dynamic "custom_error_response" {
    for_each = local.errors_of_origin
    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}
