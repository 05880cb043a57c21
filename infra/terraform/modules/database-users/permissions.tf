# What the function may do in AWS: the statements of infra/db-users.yaml, under the same Sids.

locals {
  statements = concat([{
    Sid      = "ConnectAsTheMasterUser"
    Effect   = "Allow"
    Action   = "rds-db:connect"
    Resource = "arn:${local.partition}:rds-db:${local.region}:${local.account}:dbuser:${local.proxy_id}/${var.master_username}"
    }], [for each in [
    {
      when = local.reads_secrets
      statement = {
        Sid      = "ReadTheSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [for user in var.users : user.secret_arn]
      }
    },
    {
      when = var.secrets_kms_key_arn != null
      statement = {
        Sid      = "DecryptTheSecrets"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = var.secrets_kms_key_arn
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
        Condition = { StringEquals = {
          "kms:EncryptionContext:SecretARN" = [for user in var.users : user.secret_arn]
          "kms:ViaService"                  = "secretsmanager.${local.region}.${data.aws_partition.current.dns_suffix}"
        } }
      }
    },
  ] : each.statement if each.when])
}

locals {
  running = [
    {
      Sid      = "WriteOwnLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.name}:*"
    },
    {
      # Lambda itself does this, before the function runs. Describing takes no resource, and a
      # network interface has no id yet.
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

resource "aws_iam_role" "this" {
  count = local.count

  name_prefix          = "${var.name}-"
  path                 = var.iam_role_path
  permissions_boundary = var.iam_role_permissions_boundary
  description          = "Allows the function to log in to one proxy as the master user"
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
  count = local.count

  name = "run-in-the-vpc"
  role = aws_iam_role.this[0].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.running
  })
}

resource "aws_iam_role_policy" "this" {
  count = local.count

  name = "make-database-users"
  role = aws_iam_role.this[0].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.statements
  })
}

# Takes the network interfaces away from the function's own code, which has no use for them:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice-deny
resource "aws_iam_role_policy" "deny" {
  count = local.count

  name = "only-lambda-makes-network-interfaces"
  role = aws_iam_role.this[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyLambdaMakesNetworkInterfaces"
      Effect    = "Deny"
      Action    = "ec2:*"
      Resource  = "*"
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = aws_lambda_function.this[0].arn } }
    }]
  })
}
