# What the probe may reach: the proxy on its port, and AWS services only where it asks them.

locals {
  # Explaining asks STS who signs, besides RDS.
  services = toset(concat(
    local.uses_secret ? ["secretsmanager"] : [],
    local.assumes_role || var.explain ? ["sts"] : [],
    var.explain ? ["rds"] : [],
  ))
  makes_endpoints = local.makes_group && var.service_access == "endpoints" && !local.given.endpoint_security_group_id
  # The proxy is known by its group, unless ranges are given: so the group's id may be unknown.
  by_ranges = local.given.proxy_cidr || local.given.proxy_ipv6_cidr
  # In China, of STS and RDS, and of Secrets Manager not:
  # https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts
  prefixes = local.partition == "aws-cn" ? { sts = "cn.", rds = "cn." } : {}

  # Endpoints made here have no private DNS name, which would lead every other client of the VPC
  # to them too, where nothing else is let in. The SDK gets their names instead:
  # https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
  variables = { sts = "STS", secretsmanager = "SECRETS_MANAGER", rds = "RDS" }
  service_urls = {
    for service, endpoint in aws_vpc_endpoint.service :
    "AWS_ENDPOINT_URL_${local.variables[service]}" => "https://${endpoint.dns_entry[0].dns_name}"
  }

  # What each endpoint allows, and to which role.
  signer = local.assumes_role ? var.assume_role_arn : local.role_arn
  through = {
    secretsmanager = [{
      Sid       = "WhoSignsReadsTheSecret"
      Effect    = "Allow"
      Principal = { AWS = local.signer }
      Action    = "secretsmanager:GetSecretValue"
      Resource  = var.secret_arn
    }]
    sts = [for each in [
      {
        when = local.assumes_role
        statement = {
          Sid       = "TheProbeAssumesTheRole"
          Effect    = "Allow"
          Principal = { AWS = local.role_arn }
          Action    = "sts:AssumeRole"
          Resource  = var.assume_role_arn
        }
      },
      {
        when = var.explain
        statement = {
          # It takes no resource: who asks is all that it answers.
          Sid       = "WhoSignsAsksItsName"
          Effect    = "Allow"
          Principal = { AWS = local.signer }
          Action    = "sts:GetCallerIdentity"
          Resource  = "*"
        }
      },
    ] : each.statement if each.when]
    rds = [{
      # On what, is for the policy of who signs to say: the proxy may be another account's.
      Sid       = "WhoSignsLooksAtTheProxy"
      Effect    = "Allow"
      Principal = { AWS = local.signer }
      Action    = ["rds:DescribeDBProxies", "rds:DescribeDBProxyEndpoints", "rds:DescribeDBProxyTargets"]
      Resource  = "*"
    }]
  }
}

resource "aws_security_group" "probe" {
  # checkov:skip=CKV2_AWS_5: the function has it, by a local value
  count = local.makes_group ? 1 : 0

  name        = var.name
  description = "The probe, which only opens connections"
  vpc_id      = var.vpc_id

  tags = var.tags
}

resource "aws_vpc_security_group_egress_rule" "proxy" {
  count = local.makes_group && (local.given.proxy_cidr || !local.by_ranges) ? 1 : 0

  security_group_id            = aws_security_group.probe[0].id
  description                  = "The proxy"
  referenced_security_group_id = local.by_ranges ? null : var.proxy_security_group_id
  cidr_ipv4                    = local.by_ranges ? var.proxy_cidr : null
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port

  tags = var.tags
}

resource "aws_vpc_security_group_egress_rule" "proxy_ipv6" {
  count = local.makes_group && local.given.proxy_ipv6_cidr ? 1 : 0

  security_group_id = aws_security_group.probe[0].id
  description       = "IPv6 addresses of the proxy"
  cidr_ipv6         = var.proxy_ipv6_cidr
  ip_protocol       = "tcp"
  from_port         = local.port
  to_port           = local.port

  tags = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "proxy" {
  count = local.makes_group && var.open_proxy_port && !local.by_ranges ? 1 : 0

  security_group_id            = var.proxy_security_group_id
  description                  = "The probe"
  referenced_security_group_id = aws_security_group.probe[0].id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port

  tags = var.tags
}

resource "aws_vpc_security_group_egress_rule" "internet" {
  count = local.makes_group && var.service_access == "internet" ? 1 : 0

  security_group_id = aws_security_group.probe[0].id
  description       = "AWS services by HTTPS, as far as the route tables lead"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = var.tags
}

resource "aws_vpc_security_group_egress_rule" "endpoints" {
  count = local.makes_group && var.service_access == "endpoints" ? 1 : 0

  security_group_id            = aws_security_group.probe[0].id
  description                  = "The interface endpoints"
  referenced_security_group_id = local.makes_endpoints ? aws_security_group.endpoints[0].id : var.endpoint_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443

  tags = var.tags
}

resource "aws_security_group" "endpoints" {
  count = local.makes_endpoints ? 1 : 0

  name        = "${var.name}-endpoints"
  description = "Interface endpoints, for the probe only"
  vpc_id      = var.vpc_id

  tags = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  count = local.makes_endpoints ? 1 : 0

  security_group_id            = aws_security_group.endpoints[0].id
  description                  = "The probe"
  referenced_security_group_id = aws_security_group.probe[0].id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443

  tags = var.tags
}

resource "aws_vpc_endpoint" "service" {
  for_each = local.makes_endpoints ? local.services : toset([])

  vpc_id             = var.vpc_id
  vpc_endpoint_type  = "Interface"
  service_name       = "${lookup(local.prefixes, each.key, "")}com.amazonaws.${local.region}.${each.key}"
  subnet_ids         = var.subnet_ids
  security_group_ids = [aws_security_group.endpoints[0].id]
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.through[each.key]
  })

  tags = var.tags
}
