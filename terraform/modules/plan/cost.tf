# What a fleet costs while it lives. Traffic out of AWS, requests and what is kept in S3 and ECR
# depend on the campaign and are not in it.

locals {
  hours_per_month = 730
  interface_endpoints = var.endpoints ? concat(["ecr.api", "ecr.dkr", "ssm"],
  var.session_manager_package == null ? [] : ["ec2messages", "ssmmessages"]) : []

  hourly = {
    instances = sum([for machine in local.machines : var.prices[machine.instance_type]])
    addresses = length(local.machines) * var.prices["public_ipv4"]
    endpoints = length(local.interface_endpoints) * var.prices["interface_endpoint"]
    volumes   = sum([for machine in local.machines : machine.volume_gib]) * var.prices["gp3_gib_month"] / local.hours_per_month
  }
  usd_per_hour = ceil(sum(values(local.hourly)) * 100) / 100
  # Machines live until the scheduler's time at the latest; an hour that has begun is charged for
  # by endpoints only.
  usd_at_most = ceil(sum(values(local.hourly)) * (local.shutdown_minutes + local.grace_minutes) / 60 * 100) / 100
}
