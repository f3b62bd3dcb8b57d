# The second and third layer of an end; the first is the timer in user data.

module "end" {
  source       = "../modules/end"
  fleet        = module.plan.fleet
  terminate_at = module.plan.end.terminate_at
  instances    = { for name, machine in aws_instance.machine : name => machine.arn }
}

resource "aws_iam_role" "scheduler" {
  name               = "${module.plan.fleet}-scheduler"
  path               = "/ocibench/"
  assume_role_policy = module.plan.trust.scheduler
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "ocibench"
  role   = aws_iam_role.scheduler.id
  policy = module.end.policy
}

resource "aws_scheduler_schedule" "terminate" {
  for_each                     = module.end.schedules
  name                         = each.value.name
  description                  = "Terminates this machine if it is still there"
  schedule_expression          = each.value.expression
  schedule_expression_timezone = "UTC"
  action_after_completion      = "DELETE"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${data.aws_partition.current.partition}:scheduler:::aws-sdk:ec2:terminateInstances"
    role_arn = aws_iam_role.scheduler.arn
    input    = each.value.input
  }

  depends_on = [aws_iam_role_policy.scheduler]
}

resource "aws_budgets_budget" "fleet" {
  count        = var.budget_email == null ? 0 : 1
  name         = module.plan.fleet
  budget_type  = "COST"
  limit_amount = tostring(var.budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:ocibench:run$%s", var.run)]
  }

  notification {
    notification_type          = "ACTUAL"
    comparison_operator        = "GREATER_THAN"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = [var.budget_email]
  }
}
