# A results bucket that outlives fleets: apply it once, then name it as results_bucket.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = { source = "hashicorp/aws", version = "6.25.0" }
  }
}

variable "region" {
  type = string
}

variable "bucket" {
  type = string
}

variable "days" {
  type    = number
  default = 365
}

provider "aws" {
  region = var.region
}

module "results_bucket" {
  source         = "../modules/results_bucket"
  bucket         = var.bucket
  days           = var.days
  delete_results = false
}

output "bucket" {
  value = module.results_bucket.bucket
}
