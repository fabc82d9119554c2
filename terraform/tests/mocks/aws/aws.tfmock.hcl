# Stand-ins for values that AWS would return.

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::123456789012:role/fedbridge-read"
  }
}

mock_data "aws_partition" {
  defaults = {
    partition = "aws"
  }
}
