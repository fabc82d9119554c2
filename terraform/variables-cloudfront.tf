# The variable for CloudFront distributions that the module creates.

variable "cloudfront" {
  description = "Creates a CloudFront distribution for each of `buckets`, and reads their objects through it (docs/how-to/read-through-cloudfront.md). Each bucket needs `region`. CloudFront bills the account of the aws provider: compare its prices and terms with S3's transfer to the internet first. `price_class` limits the edge locations: PriceClass_100 (North America, Europe and Israel), PriceClass_200 or PriceClass_All. Choose one that includes the location of the bridge. `web_acl_id` is the ARN of a web ACL, which flat price plans include. Not yet applied to AWS."
  type = object({
    buckets     = list(string)
    price_class = optional(string, "PriceClass_100")
    web_acl_id  = optional(string)
    tags        = optional(map(string), {})
  })
  default = null

  validation {
    condition     = var.cloudfront == null ? true : length(var.cloudfront.buckets) > 0 && alltrue([for name in var.cloudfront.buckets : contains(keys(var.buckets), name)])
    error_message = "cloudfront: buckets must be names of entries of buckets, and at least one. Correct the names, or omit cloudfront."
  }
  validation {
    condition     = alltrue([for name, bucket in var.buckets : bucket.region != null if try(contains(var.cloudfront.buckets, name), false)])
    error_message = "cloudfront: each bucket must have a region, because the origin of a distribution is a regional domain. Set region in buckets."
  }
  validation {
    condition     = alltrue([for name, bucket in var.buckets : bucket.endpoint == null && bucket.via == null && can(regex("^[a-z0-9-]+$", coalesce(bucket.target, name))) if try(contains(var.cloudfront.buckets, name), false)])
    error_message = "cloudfront: buckets must not be access points or have dots in their names in S3, and must have neither endpoint nor via. Remove them from cloudfront."
  }
  validation {
    condition     = var.cloudfront == null ? true : contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.cloudfront.price_class)
    error_message = "cloudfront: price_class must be PriceClass_100, PriceClass_200 or PriceClass_All. Omit it for the cheapest locations."
  }
}
