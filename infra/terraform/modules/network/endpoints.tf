# Interface endpoints, and what each allows: everything that principals of these accounts do, or
# less, where what a probe and the rotation of secrets ask is known.

locals {
  services = var.create ? var.interface_endpoints : toset([])
  # In China: https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts
  prefixes = local.partition == "aws-cn" ? { sts = "cn.", rds = "cn." } : {}

  accounts = concat([local.account], var.endpoint_account_ids)
  endpoint_statements = {
    sts = [{
      Sid       = "TakeRoles"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["sts:AssumeRole", "sts:GetCallerIdentity"]
      Resource  = "*"
      Condition = { StringEquals = { "aws:PrincipalAccount" = local.accounts } }
    }]
    secretsmanager = [
      {
        Sid       = "ReadSecrets"
        Effect    = "Allow"
        Principal = "*"
        Action    = "secretsmanager:GetSecretValue"
        Resource  = "*"
        Condition = { StringEquals = { "aws:PrincipalAccount" = local.accounts } }
      },
      {
        # What a function that rotates a secret asks besides:
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
        Sid       = "RotateSecrets"
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetRandomPassword",
          "secretsmanager:PutSecretValue",
          "secretsmanager:UpdateSecretVersionStage",
        ]
        Resource  = "*"
        Condition = { StringEquals = { "aws:PrincipalAccount" = [local.account] } }
      },
    ]
    rds = [{
      Sid       = "LookAtProxies"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["rds:DescribeDBProxies", "rds:DescribeDBProxyEndpoints", "rds:DescribeDBProxyTargets"]
      Resource  = "*"
      Condition = { StringEquals = { "aws:PrincipalAccount" = local.accounts } }
    }]
    other = [{
      Sid       = "UseTheService"
      Effect    = "Allow"
      Principal = "*"
      Action    = "*"
      Resource  = "*"
      Condition = { StringEquals = { "aws:PrincipalAccount" = local.accounts } }
    }]
  }
}

resource "aws_security_group" "endpoints" {
  count = length(local.services) > 0 ? 1 : 0

  name_prefix = "${var.name}-endpoints-"
  description = "Interface endpoints, from inside the VPC only"
  vpc_id      = local.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-endpoints" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  count = length(local.services) > 0 ? 1 : 0

  security_group_id = aws_security_group.endpoints[0].id
  description       = "HTTPS from the VPC"
  cidr_ipv4         = var.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = var.tags
}

resource "aws_vpc_endpoint" "service" {
  for_each = local.services

  vpc_id              = local.vpc_id
  vpc_endpoint_type   = "Interface"
  service_name        = "${lookup(local.prefixes, each.key, "")}com.amazonaws.${local.region}.${each.key}"
  private_dns_enabled = true
  subnet_ids          = local.private_ids
  security_group_ids  = [aws_security_group.endpoints[0].id]
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.endpoint_statements[contains(keys(local.endpoint_statements), each.key) ? each.key : "other"]
  })

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
