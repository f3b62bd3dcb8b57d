output "fleet" {
  description = "For people and for `ocibench fleet status`."
  value = {
    name         = module.plan.fleet
    region       = var.region
    campaign     = var.campaign
    run          = var.run
    usd_per_hour = module.plan.cost.usd_per_hour
    usd_at_most  = module.plan.cost.usd_at_most
    terminate_at = module.plan.end.terminate_at
    network_path = module.plan.network.path
    placement    = module.plan.placement
    results      = "s3://${local.results_bucket}/${var.results_prefix}"
    parameters   = module.plan.parameters
    ecr_prefix   = var.ecr_prefix
  }
}

output "machines" {
  description = "By name: what `ocibench fleet status` shows."
  value = {
    for name, machine in aws_instance.machine : name => {
      id            = machine.id
      role          = module.plan.machines[name].role
      instance_type = machine.instance_type
      state         = machine.instance_state
      private_ip    = machine.private_ip
    }
  }
}

output "next" {
  description = "Commands to run next."
  value = concat(
    [
      "aws ec2 get-console-output --latest --output text --region ${var.region} --instance-id ${aws_instance.machine["coordinator"].id}",
      "aws s3 ls --recursive --region ${var.region} s3://${local.results_bucket}/${var.results_prefix}/",
    ],
    var.session_manager_file == null ? [] : [
      "aws ssm start-session --region ${var.region} --target ${aws_instance.machine["coordinator"].id}",
    ],
  )
}
