# The largest fleet that the module can describe, for tests/terraform/check: user data as text.

module "plan" {
  source        = "../../../terraform/modules/plan"
  campaign      = "example"
  run           = "202611220440"
  owner         = "someone@example.org"
  region        = "eu-central-1"
  account_id    = "123456789012"
  ami_id        = "ami-0123456789abcdef0"
  instance_type = "c6in.4xlarge"
  agents        = { lane-1 = { tools = ["skopeo", "crane"] } }
  campaign_toml = file("${path.module}/../../../scenarios/campaigns/cross-tool.toml")
  volume        = { type = "gp3", iops = 3000, throughput_mib_s = 125 }
  package       = { uri = "s3://packages/ocibench.deb", sha256 = local.sha256 }
  tools_archive = { uri = "s3://packages/tools.tar.gz", sha256 = local.sha256 }
  session_manager_package = {
    uri    = "s3://packages/amazon-ssm-agent.deb"
    sha256 = local.sha256
  }
  results    = { bucket = "results" }
  started_at = "2026-11-22T04:40:00Z"
  budget_usd = 100
  prices = {
    "c6in.4xlarge"     = 1.8144
    "m7i.large"        = 0.12
    public_ipv4        = 0.005
    interface_endpoint = 0.012
    gp3_gib_month      = 0.0952
  }
}

locals {
  sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
}

output "agent" {
  value = module.plan.user_data["lane-1"]
}

output "coordinator" {
  value = module.plan.user_data["coordinator"]
}

output "bytes" {
  value = max([for text in values(module.plan.user_data) : length(text)]...)
}
