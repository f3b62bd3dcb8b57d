# The fleet that modules/plan describes, as AWS resources. Nothing is decided here.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

module "plan" {
  source        = "../modules/plan"
  campaign      = var.campaign
  run           = var.run
  owner         = var.owner
  partition     = data.aws_partition.current.partition
  region        = var.region
  account_id    = data.aws_caller_identity.current.account_id
  ami_id        = var.ami_id
  instance_type = var.instance_type
  agents        = var.agents
  coordinator   = var.coordinator
  campaign_toml = file(var.campaign_file)
  volume        = local.volume

  package                 = local.packages["ocibench"]
  tools_archive           = try(local.packages["tools"], null)
  session_manager_package = try(local.packages["session-manager"], null)

  network_cidr        = var.network_cidr
  endpoints           = var.endpoints
  ecr_prefix          = var.ecr_prefix
  results             = { bucket = local.results_bucket, prefix = var.results_prefix }
  started_at          = var.started_at
  max_hours           = var.max_hours
  power_off_when_done = var.power_off_when_done
  prices              = var.prices
  budget_usd          = var.budget_usd
}

locals {
  volume = { type = "gp3", iops = var.volume_iops, throughput_mib_s = var.volume_throughput }

  # Names, not references: then the whole plan, user data included, can be read before it is applied.
  account         = data.aws_caller_identity.current.account_id
  packages_bucket = "ocibench-${local.account}-${var.run}-packages"
  results_bucket  = var.results_bucket != null ? var.results_bucket : "ocibench-${local.account}-${var.run}-results"
  package_files = {
    for name, file in {
      "ocibench"        = { path = var.package_file, key = "ocibench.deb" }
      "tools"           = { path = var.tools_archive_file, key = "tools.tar.gz" }
      "session-manager" = { path = var.session_manager_file, key = "session-manager.deb" }
    } : name => file if file.path != null
  }
  # A fleet can be destroyed when these files are gone; storage.tf sees to it that none is made then.
  sha256 = {
    for name, file in local.package_files : name => fileexists(file.path) ? filesha256(file.path) : local.no_sha256
  }
  no_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
  packages = {
    for name, file in local.package_files : name => {
      uri    = "s3://${local.packages_bucket}/${file.key}"
      sha256 = local.sha256[name]
    }
  }
}
