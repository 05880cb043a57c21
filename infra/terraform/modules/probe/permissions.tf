# What the function may do in AWS: the statements of template.yaml, under the same Sids.

locals {
  statements = [for each in [
    {
      when = var.tracing
      statement = {
        # Neither action takes a resource.
        Sid      = "SendTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = "*"
      }
    },
    {
      when = !local.uses_secret && !local.assumes_role
      statement = {
        Sid      = "ConnectAsTheDatabaseUser"
        Effect   = "Allow"
        Action   = "rds-db:connect"
        Resource = "arn:${local.partition}:rds-db:${local.region}:${local.account}:dbuser:${local.proxy_id}/${var.database_user}"
      }
    },
    {
      when = local.uses_secret && !local.assumes_role
      statement = {
        Sid      = "ReadTheSecret"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = var.secret_arn
      }
    },
    {
      when = var.secret_key_arn != ""
      statement = {
        Sid      = "DecryptTheSecret"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = var.secret_key_arn
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
        Condition = { StringEquals = {
          "kms:EncryptionContext:SecretARN" = var.secret_arn
          "kms:ViaService"                  = "secretsmanager.${try(split(":", var.secret_arn)[3], "")}.${data.aws_partition.current.dns_suffix}"
        } }
      }
    },
    {
      when = local.assumes_role
      statement = {
        Sid      = "AssumeTheRole"
        Effect   = "Allow"
        Action   = "sts:AssumeRole"
        Resource = var.assume_role_arn
      }
    },
    # sts:GetCallerIdentity, which explaining asks too, needs no permission.
    {
      when = var.explain && !local.assumes_role
      statement = {
        # A proxy is found by its endpoint, so all are listed: a list is no single resource.
        Sid    = "FindTheProxy"
        Effect = "Allow"
        Action = ["rds:DescribeDBProxies", "rds:DescribeDBProxyEndpoints"]
        Resource = [
          "arn:${local.partition}:rds:${local.region}:${local.account}:db-proxy:*",
          "arn:${local.partition}:rds:${local.region}:${local.account}:db-proxy-endpoint:*",
        ]
      }
    },
    {
      when = var.explain && !local.assumes_role
      statement = {
        # The id of its target group is not known here.
        Sid    = "LookAtItsTargets"
        Effect = "Allow"
        Action = "rds:DescribeDBProxyTargets"
        Resource = [
          "arn:${local.partition}:rds:${local.region}:${local.account}:db-proxy:${local.proxy_id}",
          "arn:${local.partition}:rds:${local.region}:${local.account}:target-group:*",
        ]
      }
    },
  ] : each.statement if each.when]
}

locals {
  # What every function in a VPC needs, the application's too.
  running = [
    {
      Sid      = "WriteOwnLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = local.log_arn
    },
    {
      # Lambda itself does this, before the function runs. Describing takes no resource, a
      # network interface has no id yet, and a shared subnet is another account's.
      # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
      Sid    = "LambdaMakesNetworkInterfaces"
      Effect = "Allow"
      Action = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = "*"
    },
  ]
}

resource "aws_iam_role" "probe" {
  count = local.makes_role ? 1 : 0

  name                 = var.name
  path                 = var.iam_role_path
  permissions_boundary = var.iam_role_permissions_boundary
  description          = "Allows the probe to log in to one proxy as one database user"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "vpc" {
  # checkov:skip=CKV_AWS_290: Lambda makes network interfaces, which have no id yet
  # checkov:skip=CKV_AWS_355: describing network interfaces takes no resource
  count = local.makes_role ? 1 : 0

  name = "run-in-the-vpc"
  role = aws_iam_role.probe[0].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.running
  })
}

resource "aws_iam_role_policy" "probe" {
  count = local.makes_role ? 1 : 0

  name = "sign-in"
  role = aws_iam_role.probe[0].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.statements
  })
}

# Takes the network interfaces away from the function's own code, which has no use for them:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice-deny
resource "aws_iam_role_policy" "deny" {
  count = local.makes_role ? 1 : 0

  name = "only-lambda-makes-network-interfaces"
  role = aws_iam_role.probe[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyLambdaMakesNetworkInterfaces"
      Effect    = "Deny"
      Action    = "ec2:*"
      Resource  = "*"
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
    }]
  })
}
