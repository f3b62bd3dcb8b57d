# A VPC of the fleet's own, with one subnet: nothing else can be in its way, or be reached.

resource "aws_vpc" "fleet" {
  cidr_block           = module.plan.network.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = module.plan.fleet }
}

resource "aws_internet_gateway" "fleet" {
  vpc_id = aws_vpc.fleet.id
  tags   = { Name = module.plan.fleet }
}

resource "aws_subnet" "fleet" {
  vpc_id            = aws_vpc.fleet.id
  cidr_block        = module.plan.network.cidr
  availability_zone = var.availability_zone
  tags              = { Name = module.plan.fleet }
}

resource "aws_route_table" "fleet" {
  vpc_id = aws_vpc.fleet.id
  tags   = { Name = module.plan.fleet }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.fleet.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.fleet.id
}

resource "aws_route_table_association" "fleet" {
  subnet_id      = aws_subnet.fleet.id
  route_table_id = aws_route_table.fleet.id
}

resource "aws_security_group" "fleet" {
  for_each    = toset([for rule in module.plan.rules : rule.group])
  name        = "${module.plan.fleet}-${each.key}"
  description = "ocibench: ${each.key}"
  vpc_id      = aws_vpc.fleet.id
  tags        = { Name = "${module.plan.fleet}-${each.key}" }
}

resource "aws_vpc_security_group_ingress_rule" "fleet" {
  for_each                     = { for name, rule in module.plan.rules : name => rule if rule.direction == "ingress" }
  security_group_id            = aws_security_group.fleet[each.value.group].id
  referenced_security_group_id = aws_security_group.fleet[each.value.peer_group].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = each.value.description
}

resource "aws_vpc_security_group_egress_rule" "fleet" {
  for_each                     = { for name, rule in module.plan.rules : name => rule if rule.direction == "egress" }
  security_group_id            = aws_security_group.fleet[each.value.group].id
  referenced_security_group_id = each.value.peer_group == null ? null : aws_security_group.fleet[each.value.peer_group].id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = each.value.description
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(module.plan.network.interface_endpoints)
  vpc_id              = aws_vpc.fleet.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  subnet_ids          = [aws_subnet.fleet.id]
  security_group_ids  = [aws_security_group.fleet["endpoints"].id]
  private_dns_enabled = true
  tags                = { Name = "${module.plan.fleet}-${each.key}" }
}

# Layers of ECR come from S3.
resource "aws_vpc_endpoint" "s3" {
  count             = var.endpoints ? 1 : 0
  vpc_id            = aws_vpc.fleet.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${var.region}.s3"
  route_table_ids   = [aws_route_table.fleet.id]
  tags              = { Name = "${module.plan.fleet}-s3" }
}
