# Who may do what: a policy per machine, each bounded to its own names, and the rules of two
# security groups.

locals {
  arn = {
    parameters = "arn:${var.partition}:ssm:${var.region}:${var.account_id}:parameter${local.parameters}"
    ecr        = "arn:${var.partition}:ecr:${var.region}:${var.account_id}:repository/${var.ecr_prefix}"
    results    = "arn:${var.partition}:s3:::${var.results.bucket}"
  }

  # What every machine may: read its packages, and be reached by Session Manager. The managed policy
  # for that would let it read every SSM parameter of the account.
  common_statements = concat(
    [{
      Sid      = "Packages"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = sort([for object in local.objects : "arn:${var.partition}:s3:::${object.bucket}/${object.key}"])
    }],
    var.session_manager_package == null ? [] : [{
      Sid    = "SessionManager"
      Effect = "Allow"
      Action = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = ["*"]
    }],
  )

  agent_policies = {
    for name in local.agent_names : name => jsonencode({
      Version = "2012-10-17"
      Statement = concat(local.common_statements, [
        {
          Sid    = "PublishOwnKey"
          Effect = "Allow"
          Action = ["ssm:PutParameter"]
          # The name ends in the agent's own: it cannot publish a key as another.
          Resource = ["${local.arn.parameters}/agents/${name}"]
        },
        {
          Sid      = "ReadCoordinatorKey"
          Effect   = "Allow"
          Action   = ["ssm:GetParametersByPath"]
          Resource = ["${local.arn.parameters}/coordinator", "${local.arn.parameters}/coordinator/*"]
        },
        {
          Sid      = "EcrToken" # knows no resource
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken", "ecr:GetAccountSetting"]
          Resource = ["*"]
        },
        {
          Sid    = "OwnRepositories"
          Effect = "Allow"
          Action = [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchDeleteImage",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:CreateRepository",
            "ecr:DeleteRepository",
            "ecr:DescribeImages",
            "ecr:DescribeRepositories",
            "ecr:GetDownloadUrlForLayer",
            "ecr:InitiateLayerUpload",
            "ecr:ListImages",
            "ecr:PutImage",
            "ecr:TagResource",
            "ecr:UploadLayerPart",
          ]
          # Repositories are PREFIX/<run>/<campaign>/<scenario>-<tool>-...: those of its own tools in
          # this run. The coordinator is told of the level <run> by its --target-below.
          Resource = [for tool in var.agents[name].tools : "${local.arn.ecr}/${var.run}/*/*-${tool}-*"]
        },
        {
          Sid      = "OwnResults"
          Effect   = "Allow"
          Action   = ["s3:AbortMultipartUpload", "s3:PutObject"]
          Resource = ["${local.arn.results}/${var.results.prefix}/agents/${local.fleet}/${name}/*"]
        },
      ])
    })
  }

  coordinator_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.common_statements, [
      {
        Sid      = "PublishOwnKey"
        Effect   = "Allow"
        Action   = ["ssm:PutParameter"]
        Resource = ["${local.arn.parameters}/coordinator/coordinator"]
      },
      {
        Sid      = "ReadAgentKeys"
        Effect   = "Allow"
        Action   = ["ssm:GetParametersByPath"]
        Resource = ["${local.arn.parameters}/agents", "${local.arn.parameters}/agents/*"]
      },
      {
        # Reading back is how an upload is verified and resumed.
        Sid      = "Results"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = ["${local.arn.results}/${var.results.prefix}/*"]
      },
      {
        Sid      = "ListUploads" # knows no prefix
        Effect   = "Allow"
        Action   = ["s3:ListBucketMultipartUploads"]
        Resource = [local.arn.results]
      },
      {
        Sid       = "ListResults"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.arn.results]
        Condition = { StringLike = { "s3:prefix" = ["${var.results.prefix}/*"] } }
      },
    ])
  })

  machine_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })

  # What its role may end is in modules/end: instances have no ids before they are made.
  scheduler_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })

  # Nothing comes in from outside: one port, from agents to the coordinator. Amazon's resolver, time
  # and metadata services are link-local: security groups do not apply to them.
  rules = concat(
    [
      {
        name        = "coordinator-from-agents"
        direction   = "ingress"
        group       = "coordinator"
        port        = local.coordinator_port
        peer_group  = "agents"
        cidr        = null
        description = "agents speak to the coordinator, encrypted and authenticated by CURVE"
      },
      {
        name        = "agents-to-coordinator"
        direction   = "egress"
        group       = "agents"
        port        = local.coordinator_port
        peer_group  = "coordinator"
        cidr        = null
        description = "the other end of that"
      },
    ],
    [for group in ["agents", "coordinator"] : {
      name        = "${group}-to-https"
      direction   = "egress"
      group       = group
      port        = 443
      peer_group  = null
      cidr        = "0.0.0.0/0"
      description = "registries, packages and AWS"
    }],
    # Endpoints are interfaces of ours, in a group of their own.
    [for group in var.endpoints ? ["agents", "coordinator"] : [] : {
      name        = "endpoints-from-${group}"
      direction   = "ingress"
      group       = "endpoints"
      port        = 443
      peer_group  = group
      cidr        = null
      description = "VPC endpoints of AWS"
    }],
  )
}
