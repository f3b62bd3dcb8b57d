# Packages leave with the fleet. Results stay: a bucket of the fleet's own is not destroyed while
# results are in it, unless delete_results says so.

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

resource "aws_s3_object" "package" {
  for_each    = local.package_files
  bucket      = aws_s3_bucket.packages.id
  key         = each.value.key
  source      = each.value.path
  source_hash = filesha256(each.value.path)
}

module "results_bucket" {
  source         = "../modules/results_bucket"
  count          = var.results_bucket == null ? 1 : 0
  bucket         = local.results_bucket
  days           = var.results_days
  delete_results = var.delete_results
}
