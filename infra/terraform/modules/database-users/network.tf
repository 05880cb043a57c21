# The function reaches the proxy on its port, and Secrets Manager only where it reads passwords.

resource "aws_security_group" "this" {
  # checkov:skip=CKV2_AWS_5: the function has it, which checkov does not look at
  count = local.count

  name_prefix = "${var.name}-"
  description = "The function that makes database users, which only opens connections"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "proxy" {
  count = local.count

  security_group_id            = aws_security_group.this[0].id
  description                  = "The proxy"
  referenced_security_group_id = var.proxy_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port

  tags = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "proxy" {
  count = local.count

  security_group_id            = var.proxy_security_group_id
  description                  = "The function that makes database users"
  referenced_security_group_id = aws_security_group.this[0].id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port

  tags = var.tags
}

resource "aws_vpc_security_group_egress_rule" "secrets" {
  count = var.create && var.secrets_access != "none" ? 1 : 0

  security_group_id            = aws_security_group.this[0].id
  description                  = "Secrets Manager by HTTPS"
  referenced_security_group_id = var.secrets_access == "endpoint" ? var.endpoint_security_group_id : null
  cidr_ipv4                    = var.secrets_access == "internet" ? "0.0.0.0/0" : null
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443

  tags = var.tags
}
