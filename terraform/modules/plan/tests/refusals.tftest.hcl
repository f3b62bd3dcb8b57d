# What is not accepted, one wrong thing at a time.

variables {
  campaign      = "c"
  run           = "202611220440"
  owner         = "me"
  region        = "eu-central-1"
  account_id    = "123456789012"
  ami_id        = "ami-0123456789abcdef0"
  instance_type = "m7i.large"
  agents        = { skopeo = { tools = ["skopeo"] } }
  campaign_toml = "schema = 1\n"
  volume        = { type = "gp3", iops = 3000, throughput_mib_s = 125 }
  package = {
    uri    = "s3://packages/ocibench.deb"
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  }
  results    = { bucket = "results" }
  started_at = "2026-11-22T04:40:00Z"
  budget_usd = 100
  prices     = { "m7i.large" = 0.1, public_ipv4 = 0.005, interface_endpoint = 0.01, gp3_gib_month = 0.08 }
}

run "a_campaign_that_is_no_name" {
  command = plan
  variables {
    campaign = "Three tools"
  }
  expect_failures = [var.campaign]
}

run "a_run_with_a_dash" {
  command = plan
  variables {
    run = "2026-11"
  }
  expect_failures = [var.run]
}

run "an_owner_with_a_quote" {
  command = plan
  variables {
    owner = "me\"; reboot"
  }
  expect_failures = [var.owner]
}

run "a_zone_for_a_region" {
  command = plan
  variables {
    region = "eu-central-1a"
  }
  expect_failures = [var.region]
}

run "an_account_alias" {
  command = plan
  variables {
    account_id = "prod"
  }
  expect_failures = [var.account_id]
}

run "an_image_by_name" {
  command = plan
  variables {
    ami_id = "debian-12-amd64"
  }
  expect_failures = [var.ami_id]
}

run "no_agents" {
  command = plan
  variables {
    agents = {}
  }
  expect_failures = [var.agents]
}

run "an_agent_called_coordinator" {
  command = plan
  variables {
    agents = { coordinator = { tools = ["skopeo"] } }
  }
  expect_failures = [var.agents]
}

run "an_agent_without_tools" {
  command = plan
  variables {
    agents = { skopeo = { tools = [] } }
  }
  expect_failures = [var.agents]
}

run "a_tool_that_is_shell" {
  command = plan
  variables {
    agents = { skopeo = { tools = ["x; reboot"] } }
  }
  expect_failures = [var.agents]
}

run "a_volume_of_a_gibibyte" {
  command = plan
  variables {
    agents = { skopeo = { tools = ["skopeo"], volume_gib = 1 } }
  }
  expect_failures = [var.agents]
}

run "an_empty_campaign_file" {
  command = plan
  variables {
    campaign_toml = ""
  }
  expect_failures = [var.campaign_toml]
}

run "a_package_from_the_web" {
  command = plan
  variables {
    package = { uri = "https://example.org/o.deb", sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }
  }
  expect_failures = [var.package]
}

run "a_package_without_a_hash" {
  command = plan
  variables {
    package = { uri = "s3://packages/o.deb", sha256 = "" }
  }
  expect_failures = [var.package]
}

run "an_archive_that_is_a_zip" {
  command = plan
  variables {
    tools_archive = { uri = "s3://packages/t.zip", sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }
  }
  expect_failures = [var.tools_archive]
}

run "a_debian_package_that_is_shell" {
  command = plan
  variables {
    debian_packages = ["a;b"]
  }
  expect_failures = [var.debian_packages]
}

run "a_public_network" {
  command = plan
  variables {
    network_cidr = "8.8.8.0/24"
  }
  expect_failures = [var.network_cidr]
}

run "a_network_too_small" {
  command = plan
  variables {
    network_cidr = "10.0.0.0/28"
  }
  expect_failures = [var.network_cidr]
}

run "a_prefix_in_upper_case" {
  command = plan
  variables {
    ecr_prefix = "Bench"
  }
  expect_failures = [var.ecr_prefix]
}

run "a_prefix_that_ends_in_a_slash" {
  command = plan
  variables {
    results = { bucket = "results", prefix = "a/" }
  }
  expect_failures = [var.results]
}

run "a_local_time" {
  command = plan
  variables {
    started_at = "2026-11-22T04:40:00+01:00"
  }
  expect_failures = [var.started_at]
}

run "a_life_of_a_week" {
  command = plan
  variables {
    max_hours = 168
  }
  expect_failures = [var.max_hours]
}

run "an_instance_without_a_price" {
  command = plan
  variables {
    instance_type = "c6in.8xlarge"
  }
  expect_failures = [var.prices]
}

run "a_fleet_beyond_its_budget" {
  command = plan
  variables {
    budget_usd = 0.5
  }
  expect_failures = [output.cost]
}
