# How AWS ends the machines of a fleet, as data: one schedule for each machine. TerminateInstances
# refuses all ids of a call when one of them is gone, and machines that power off when they are done
# are gone by then. No provider, so all of it is tested offline (tests/).

terraform {
  required_version = ">= 1.11"
}

variable "fleet" {
  description = "Prefix of every name."
  type        = string
}

variable "terminate_at" {
  description = "RFC 3339 in UTC."
  type        = string
  validation {
    condition     = can(regex("Z$", var.terminate_at)) && can(formatdate("YYYY", var.terminate_at))
    error_message = "terminate_at: RFC 3339 in UTC, such as 2026-11-22T08:55:00Z."
  }
}

variable "instances" {
  description = "By machine, the ARN of its instance, which ends in the id."
  type        = map(string)
  validation {
    condition     = alltrue([for arn in var.instances : can(regex("^arn:[^:]+:ec2:[^:]+:[0-9]{12}:instance/i-[0-9a-f]+$", arn))])
    error_message = "instances: each is the ARN of one instance, arn:...:instance/i-...; a pattern would end other machines."
  }
}

output "schedules" {
  description = "By machine: name, expression and input of its schedule."
  value = {
    for machine, arn in var.instances : machine => {
      name       = "${var.fleet}-${machine}"
      expression = "at(${formatdate("YYYY-MM-DD'T'hh:mm:ss", var.terminate_at)})"
      input      = jsonencode({ InstanceIds = [element(split("/", arn), 1)] })
    }
  }
}

output "policy" {
  description = "What the schedules' role may do: end these instances, and nothing else."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "EndThisFleet"
      Effect   = "Allow"
      Action   = ["ec2:TerminateInstances"]
      Resource = sort(values(var.instances))
    }]
  })
}
