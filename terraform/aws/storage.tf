# Packages leave with the fleet. Results are not destroyed while there are any, unless delete_results
# says so; `ocibench fleet down` takes their bucket out of the state first, so that it stays as it is.

resource "aws_s3_bucket" "packages" {
  bucket        = local.packages_bucket
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "packages" {
  bucket                  = aws_s3_bucket.packages.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "packages" {
  bucket = aws_s3_bucket.packages.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "packages" {
  bucket = aws_s3_bucket.packages.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "packages" {
  bucket     = aws_s3_bucket.packages.id
  depends_on = [aws_s3_bucket_public_access_block.packages]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.packages.arn, "${aws_s3_bucket.packages.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_object" "package" {
  for_each    = local.package_files
  bucket      = aws_s3_bucket.packages.id
  key         = each.value.key
  source      = each.value.path
  source_hash = local.sha256[each.key]

  lifecycle {
    precondition {
      condition     = fileexists(each.value.path)
      error_message = "There is no file ${each.value.path}."
    }
  }
}

module "results_bucket" {
  source         = "../modules/results_bucket"
  count          = var.results_bucket == null ? 1 : 0
  bucket         = local.results_bucket
  days           = var.results_days
  delete_results = var.delete_results
}
