# Run with `terraform test`, or by tests/terraform/check. Nothing is created: there is no provider.

variables {
  campaign      = "three-tools"
  run           = "202611220440"
  owner         = "someone@example.org"
  region        = "eu-central-1"
  account_id    = "123456789012"
  ami_id        = "ami-0123456789abcdef0"
  instance_type = "c6in.4xlarge"
  agents = {
    skopeo = { tools = ["skopeo"] }
    crane  = { tools = ["crane"] }
    regctl = { tools = ["regctl"] }
  }
  coordinator   = { instance_type = "c6in.large" }
  campaign_toml = "schema = 1\nname = \"three-tools\"\n"
  volume        = { type = "gp3", iops = 3000, throughput_mib_s = 125 }
  package = {
    uri    = "s3://packages/ocibench_0.1.0_amd64.deb"
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  }
  results    = { bucket = "results" }
  started_at = "2026-11-22T04:40:00Z"
  max_hours  = 4
  budget_usd = 100
  prices = {
    "c6in.4xlarge"     = 1.8144
    "c6in.large"       = 0.1134
    public_ipv4        = 0.005
    interface_endpoint = 0.012
    gp3_gib_month      = 0.0952
  }
}

run "gives_each_tool_a_machine_and_the_coordinator_one" {
  command = plan
  assert {
    condition     = keys(output.machines) == ["coordinator", "crane", "regctl", "skopeo"]
    error_message = "expected a machine per agent and a coordinator"
  }
  assert {
    condition     = length(distinct([for m in output.machines : m.private_ip])) == 4 && output.machines["coordinator"].private_ip == "10.77.0.10"
    error_message = "addresses must be distinct and the coordinator's known beforehand"
  }
  assert {
    condition     = output.machines["crane"].tags["Name"] == "ocibench-three-tools-202611220440-crane" && output.machines["crane"].tags["ocibench:owner"] == "someone@example.org"
    error_message = "every machine says whose it is"
  }
  assert {
    condition     = alltrue([for m in output.machines : m.tags["ocibench:expires"] == "2026-11-22T08:55:00Z"])
    error_message = "every machine says when it ends"
  }
}

run "arms_the_timer_before_anything_else" {
  command = plan
  assert {
    condition     = alltrue([for text in output.user_data : startswith(text, "#!/bin/bash\nshutdown -P \"+240\"")])
    error_message = "the first line after the shebang must be the shutdown"
  }
  assert {
    condition     = output.end.shutdown_minutes == 240 && output.end.terminate_at == "2026-11-22T08:55:00Z"
    error_message = "AWS's scheduler comes after the machine's own timer"
  }
}

run "tells_each_machine_its_part" {
  command = plan
  assert {
    condition     = strcontains(output.user_data["skopeo"], "ocibench keygen 'skopeo'") && strcontains(output.user_data["skopeo"], "OCIBENCH_CONNECT=tcp://10.77.0.10:5570\n") && strcontains(output.user_data["skopeo"], "AWS_REGION=eu-central-1\n") && strcontains(output.user_data["skopeo"], "--offer skopeo --fact ebs.iops=3000 --fact ebs.size_gib=100 --fact ebs.throughput_mib_s=125 --fact ebs.type=gp3 --fact network.path=vpc-endpoints\n")
    error_message = "an agent makes its own key, knows the coordinator and what it offers"
  }
  assert {
    condition     = !strcontains(output.user_data["skopeo"], "crane")
    error_message = "an agent hears of no other tool"
  }
  assert {
    condition     = strcontains(output.user_data["coordinator"], base64encode(var.campaign_toml)) && strcontains(output.user_data["coordinator"], "--expect 3 ") && strcontains(output.user_data["coordinator"], "OCIBENCH_COORDINATOR_OPTIONS=--target-below 202611220440\n")
    error_message = "the coordinator has the campaign and waits for every agent's key"
  }
  assert {
    condition     = alltrue([for text in output.user_data : strcontains(text, "fetch 'packages' 'ocibench_0.1.0_amd64.deb' '${var.package.sha256}'")])
    error_message = "the package is pinned by its sha256"
  }
  assert {
    condition     = alltrue([for text in output.user_data : !can(regex("AKIA|ASIA|set -x|X-Amz-Signature", text))])
    error_message = "user data holds no secret and prints none"
  }
}

run "bounds_each_agent_to_its_own_names" {
  command = plan
  assert {
    condition     = jsondecode(output.policies["crane"]).Statement[index(jsondecode(output.policies["crane"]).Statement[*].Sid, "OwnRepositories")].Resource == ["arn:aws:ecr:eu-central-1:123456789012:repository/ocibench/202611220440/*/*-crane-*"]
    error_message = "repositories of its own tools in this run only"
  }
  assert {
    condition     = jsondecode(output.policies["crane"]).Statement[index(jsondecode(output.policies["crane"]).Statement[*].Sid, "PublishOwnKey")].Resource == ["arn:aws:ssm:eu-central-1:123456789012:parameter/ocibench/three-tools/202611220440/agents/crane"]
    error_message = "it publishes its own key only"
  }
  assert {
    condition     = jsondecode(output.policies["crane"]).Statement[index(jsondecode(output.policies["crane"]).Statement[*].Sid, "OwnResults")].Resource == ["arn:aws:s3:::results/results/agents/ocibench-three-tools-202611220440/crane/*"]
    error_message = "it writes below its own prefix only"
  }
  assert {
    condition     = alltrue([for policy in values(output.policies) : alltrue([for statement in jsondecode(policy).Statement : alltrue([for action in statement.Action : !endswith(action, "*")])])])
    error_message = "no action is a wildcard"
  }
  assert {
    condition     = alltrue([for policy in values(output.policies) : alltrue([for statement in jsondecode(policy).Statement : contains(["EcrToken", "SessionManager"], statement.Sid) || !contains(statement.Resource, "*")])])
    error_message = "only what knows no resource has the resource *"
  }
}

run "lets_one_port_in" {
  command = plan
  variables {
    endpoints = false
  }
  assert {
    condition     = [for rule in output.rules : "${rule.group}:${rule.port}:${rule.peer_group}" if rule.direction == "ingress"] == ["coordinator:5570:agents"]
    error_message = "one ingress: the coordinator's port, from agents"
  }
  assert {
    condition     = toset([for rule in output.rules : rule.port if rule.direction == "egress"]) == toset([443, 5570])
    error_message = "egress is 443 and the coordinator's port"
  }
  assert {
    condition     = strcontains(output.user_data["crane"], "network.path=internet-gateway") && length(output.network.interface_endpoints) == 0
    error_message = "the way to AWS is recorded"
  }
}

run "estimates_the_cost" {
  command = plan
  assert {
    # 3 * 1.8144 + 0.1134 + 4 * 0.005 + 3 * 0.012 + 350 GiB * 0.0952 / 730 = 5.65824
    condition     = output.cost.usd_per_hour == 5.66
    error_message = "an hour is instances, addresses, endpoints and volumes: got ${output.cost.usd_per_hour}"
  }
  assert {
    condition     = output.cost.usd_at_most == 24.05
    error_message = "at most is until the scheduler's time: got ${output.cost.usd_at_most}"
  }
}

run "spreads_up_to_seven_machines" {
  command = plan
  variables {
    agents = { for n in range(6) : "lane-${n}" => { tools = ["skopeo"] } }
  }
  assert {
    condition     = output.placement == "spread"
    error_message = "seven fit into a spread group"
  }
}

run "spreads_no_more_than_seven" {
  command = plan
  variables {
    agents = { for n in range(7) : "lane-${n}" => { tools = ["skopeo"] } }
  }
  assert {
    condition     = output.placement == "none"
    error_message = "a zone takes no eighth machine into a spread group"
  }
}

run "installs_what_is_asked_for" {
  command = apply
  variables {
    tools_archive           = { uri = "s3://packages/tools.tar.gz", sha256 = var.package.sha256 }
    session_manager_package = { uri = "s3://packages/amazon-ssm-agent.deb", sha256 = var.package.sha256 }
    power_off_when_done     = false
  }
  assert {
    condition     = strcontains(output.user_data["crane"], "tar -xzf \"$download/tools.tar.gz\"") && strcontains(output.user_data["crane"], "amazon-ssm-agent.service") && !strcontains(output.user_data["crane"], "SuccessAction")
    error_message = "tools and Session Manager come from S3"
  }
  assert {
    condition     = strcontains(output.policies["crane"], "ssmmessages:OpenDataChannel") && strcontains(output.policies["crane"], "arn:aws:s3:::packages/tools.tar.gz")
    error_message = "and may be read and used"
  }
}
