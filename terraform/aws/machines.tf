resource "aws_placement_group" "fleet" {
  count    = module.plan.placement == "spread" ? 1 : 0
  name     = module.plan.fleet
  strategy = "spread"
}

resource "aws_iam_role" "machine" {
  for_each           = module.plan.machines
  name               = "${module.plan.fleet}-${each.key}"
  path               = "/ocibench/"
  assume_role_policy = module.plan.trust.machine
}

resource "aws_iam_role_policy" "machine" {
  for_each = module.plan.machines
  name     = "ocibench"
  role     = aws_iam_role.machine[each.key].id
  policy   = module.plan.policies[each.key]
}

resource "aws_iam_instance_profile" "machine" {
  for_each = module.plan.machines
  name     = "${module.plan.fleet}-${each.key}"
  path     = "/ocibench/"
  role     = aws_iam_role.machine[each.key].name
}

resource "aws_instance" "machine" {
  for_each                             = module.plan.machines
  ami                                  = var.ami_id
  instance_type                        = each.value.instance_type
  subnet_id                            = aws_subnet.fleet.id
  private_ip                           = each.value.private_ip
  associate_public_ip_address          = true # to reach registries; nothing reaches it
  vpc_security_group_ids               = [aws_security_group.fleet[each.value.role == "agent" ? "agents" : "coordinator"].id]
  iam_instance_profile                 = aws_iam_instance_profile.machine[each.key].name
  placement_group                      = one(aws_placement_group.fleet[*].name)
  instance_initiated_shutdown_behavior = "terminate"
  user_data                            = module.plan.user_data[each.key]
  user_data_replace_on_change          = true
  tags                                 = each.value.tags

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type           = local.volume.type
    volume_size           = each.value.volume_gib
    iops                  = local.volume.iops
    throughput            = local.volume.throughput_mib_s
    encrypted             = true
    delete_on_termination = true
    tags                  = each.value.tags
  }

  lifecycle {
    precondition {
      condition     = startswith(var.availability_zone, var.region)
      error_message = "availability_zone is not one of region."
    }
  }

  # What user data needs in its first minute.
  depends_on = [
    aws_iam_role_policy.machine,
    aws_route.internet,
    aws_route_table_association.fleet,
    aws_s3_object.package,
    aws_vpc_endpoint.interface,
    aws_vpc_endpoint.s3,
    aws_vpc_security_group_egress_rule.fleet,
    aws_vpc_security_group_ingress_rule.fleet,
  ]
}
