# A fleet as data: names, addresses, user data, policies, rules, times, cost. No provider, so all of
# it is tested offline (tests/); terraform/aws only maps it to resources.

locals {
  fleet            = "ocibench-${var.campaign}-${var.run}"
  coordinator_port = 5570
  first_host       = 10 # AWS keeps the first four addresses of a subnet
  parameters       = "/ocibench/${var.campaign}/${var.run}"
  tags = {
    "ocibench:campaign" = var.campaign
    "ocibench:run"      = var.run
    "ocibench:owner"    = var.owner
    "ocibench:expires"  = local.terminate_at
  }

  agent_names         = sort(keys(var.agents))
  coordinator_address = cidrhost(var.network_cidr, local.first_host)
  agent_addresses = {
    for index, name in local.agent_names : name => cidrhost(var.network_cidr, local.first_host + 1 + index)
  }
  coordinator_endpoint = "tcp://${local.coordinator_address}:${local.coordinator_port}"

  # ---- three layers of an end: the machine's own timer, AWS's scheduler a little later, a budget
  shutdown_minutes = ceil(var.max_hours * 60)
  grace_minutes    = 15
  terminate_at     = timeadd(var.started_at, "${local.shutdown_minutes + local.grace_minutes}m")

  machines = merge(
    {
      coordinator = {
        role          = "coordinator"
        instance_type = var.coordinator.instance_type
        volume_gib    = var.coordinator.volume_gib
        private_ip    = local.coordinator_address
      }
    },
    {
      for name in local.agent_names : name => {
        role          = "agent"
        instance_type = coalesce(var.agents[name].instance_type, var.instance_type)
        volume_gib    = var.agents[name].volume_gib
        private_ip    = local.agent_addresses[name]
      }
    },
  )

  # A spread group keeps machines off each other's hardware, and holds seven in a zone.
  max_spread = 7
  placement  = length(local.machines) <= local.max_spread ? "spread" : "none"

  # ---- user data
  downloads = concat(
    [merge(local.objects.package, { name = "ocibench.deb" })],
    var.tools_archive == null ? [] : [merge(local.objects.tools_archive, { name = "tools.tar.gz" })],
    var.session_manager_package == null ? [] : [merge(local.objects.session_manager_package, { name = "session-manager.deb" })],
  )
  # s3://BUCKET/KEY as its two parts.
  objects = {
    for name, object in {
      package                 = var.package
      tools_archive           = var.tools_archive
      session_manager_package = var.session_manager_package
      } : name => {
      bucket = regex("^s3://([^/]+)/(.+)$", object.uri)[0]
      key    = regex("^s3://([^/]+)/(.+)$", object.uri)[1]
      sha256 = object.sha256
    } if object != null
  }
  boot = templatefile("${path.module}/templates/boot.sh.tftpl", {
    shutdown_minutes = local.shutdown_minutes
    region           = var.region
    domain           = local.domain
    downloads        = local.downloads
    session_manager  = var.session_manager_package != null
  })
  domain = var.partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"
  agent_scripts = {
    for name in local.agent_names : name => templatefile("${path.module}/templates/agent.sh.tftpl", {
      name                 = name
      region               = var.region
      tools                = var.agents[name].tools
      tools_archive        = var.tools_archive != null
      debian_packages      = var.debian_packages
      parameters           = local.parameters
      coordinator_endpoint = local.coordinator_endpoint
      options = join(" ", concat(
        [for tool in var.agents[name].tools : "--offer ${tool}"],
        [for fact, value in {
          "ebs.iops"             = var.volume.iops
          "ebs.size_gib"         = var.agents[name].volume_gib
          "ebs.throughput_mib_s" = var.volume.throughput_mib_s
          "ebs.type"             = var.volume.type
          "network.path"         = var.endpoints ? "vpc-endpoints" : "internet-gateway"
        } : "--fact ${fact}=${value}"],
      ))
      power_off = var.power_off_when_done
    })
  }
  coordinator_script = templatefile("${path.module}/templates/coordinator.sh.tftpl", {
    region               = var.region
    run                  = var.run
    campaign_base64      = base64encode(var.campaign_toml)
    parameters           = local.parameters
    coordinator_endpoint = local.coordinator_endpoint
    upload               = "s3://${var.results.bucket}/${var.results.prefix}"
    power_off            = var.power_off_when_done
    agent_count          = length(var.agents)
  })
  user_data = merge(
    { coordinator = "${local.boot}${local.coordinator_script}" },
    { for name in local.agent_names : name => "${local.boot}${local.agent_scripts[name]}" },
  )
}
