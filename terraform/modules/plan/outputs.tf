output "fleet" {
  description = "Prefix of every name."
  value       = local.fleet
}

output "tags" {
  value = local.tags
}

output "machines" {
  description = "By name: role, instance_type, volume_gib, private_ip and tags."
  value = {
    for name, machine in local.machines : name => merge(machine, {
      tags = merge(local.tags, { Name = "${local.fleet}-${name}", "ocibench:role" = machine.role })
    })
  }
}

output "user_data" {
  description = "By name: the script that the machine runs when it is born. Holds no secret."
  value       = local.user_data
  precondition {
    condition     = alltrue([for text in local.user_data : length(text) <= 16384])
    error_message = "User data is longer than EC2's 16 KiB: shorten the campaign file."
  }
}

output "policies" {
  description = "By machine: its IAM policy, JSON."
  value       = merge(local.agent_policies, { coordinator = local.coordinator_policy })
}

output "trust" {
  value = { machine = local.machine_trust, scheduler = local.scheduler_trust }
}

output "rules" {
  description = "Rules of the security groups agents, coordinator and, with endpoints, endpoints; by name."
  value       = { for rule in local.rules : rule.name => rule }
}

output "placement" {
  description = "spread or none."
  value       = local.placement
}

output "end" {
  description = "When it is over: minutes until a machine powers off, and when AWS terminates what is left."
  value = {
    shutdown_minutes = local.shutdown_minutes
    terminate_at     = local.terminate_at
  }
}

output "cost" {
  value = {
    usd_per_hour = local.usd_per_hour
    usd_at_most  = local.usd_at_most
  }
  precondition {
    condition     = local.usd_at_most <= var.budget_usd
    error_message = "${length(local.machines)} machines for up to ${var.max_hours} h may cost ${local.usd_at_most} USD, more than budget_usd = ${var.budget_usd}: fewer hours, smaller instances, or a larger budget."
  }
}

output "network" {
  description = "Interface endpoints by the last part of their service's name, and how AWS is reached."
  value = {
    cidr                = var.network_cidr
    interface_endpoints = local.interface_endpoints
    path                = var.endpoints ? "vpc-endpoints" : "internet-gateway"
  }
}

output "parameters" {
  description = "SSM path of the public keys."
  value       = local.parameters
}
