# Run with `terraform test`, or by tests/terraform/check.

variables {
  fleet        = "ocibench-three-tools-202611220440"
  terminate_at = "2026-11-22T08:55:00Z"
  instances = {
    coordinator = "arn:aws:ec2:eu-central-1:123456789012:instance/i-0aaaaaaaaaaaaaaaa"
    crane       = "arn:aws:ec2:eu-central-1:123456789012:instance/i-0bbbbbbbbbbbbbbbb"
  }
}

run "ends_each_machine_by_a_schedule_of_its_own" {
  command = plan
  assert {
    condition     = keys(output.schedules) == ["coordinator", "crane"]
    error_message = "a schedule for each machine"
  }
  assert {
    condition     = alltrue([for schedule in output.schedules : length(jsondecode(schedule.input).InstanceIds) == 1])
    error_message = "a call with several ids ends none when one of them is gone"
  }
  assert {
    condition     = jsondecode(output.schedules["crane"].input) == { InstanceIds = ["i-0bbbbbbbbbbbbbbbb"] } && output.schedules["crane"].name == "ocibench-three-tools-202611220440-crane"
    error_message = "the schedule of a machine names its instance: got ${output.schedules["crane"].input}"
  }
  assert {
    condition     = alltrue([for schedule in output.schedules : schedule.expression == "at(2026-11-22T08:55:00)"])
    error_message = "all at the time that the plan says"
  }
}

run "may_end_these_instances_only" {
  command = plan
  assert {
    condition     = jsondecode(output.policy).Statement == [{ Sid = "EndThisFleet", Effect = "Allow", Action = ["ec2:TerminateInstances"], Resource = ["arn:aws:ec2:eu-central-1:123456789012:instance/i-0aaaaaaaaaaaaaaaa", "arn:aws:ec2:eu-central-1:123456789012:instance/i-0bbbbbbbbbbbbbbbb"] }]
    error_message = "no other instance, no other action: got ${output.policy}"
  }
}

run "refuses_a_pattern" {
  command = plan
  variables {
    instances = { crane = "arn:aws:ec2:eu-central-1:123456789012:instance/*" }
  }
  expect_failures = [var.instances]
}

run "refuses_a_time_without_a_zone" {
  command = plan
  variables {
    terminate_at = "2026-11-22T08:55:00+01:00"
  }
  expect_failures = [var.terminate_at]
}
