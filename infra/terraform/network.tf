# What the probe may reach: the proxy on its port, and AWS services only where it asks them.

locals {
  # Explaining asks STS who signs, besides RDS.
  services = toset(concat(
    var.auth_method == "secret" ? ["secretsmanager"] : [],
    local.assumes || var.explain ? ["sts"] : [],
    var.explain ? ["rds"] : [],
  ))
}

resource "aws_security_group" "probe" {
  name        = var.name
  description = "The probe: out to the proxy, and nobody in"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "proxy" {
  security_group_id            = aws_security_group.probe.id
  description                  = "To the proxy"
  referenced_security_group_id = var.proxy_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
}

resource "aws_vpc_security_group_ingress_rule" "proxy" {
  security_group_id            = var.proxy_security_group_id
  description                  = "From the probe ${var.name}"
  referenced_security_group_id = aws_security_group.probe.id
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
}

resource "aws_vpc_security_group_egress_rule" "internet" {
  count = var.service_access == "internet" ? 1 : 0

  security_group_id = aws_security_group.probe.id
  description       = "To AWS services, whose addresses change"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_security_group" "endpoints" {
  count = var.service_access == "endpoints" ? 1 : 0

  name        = "${var.name}-endpoints"
  description = "Interface endpoints of the probe"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "endpoints" {
  count = var.service_access == "endpoints" ? 1 : 0

  security_group_id            = aws_security_group.probe.id
  description                  = "To the interface endpoints"
  referenced_security_group_id = aws_security_group.endpoints[0].id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  count = var.service_access == "endpoints" ? 1 : 0

  security_group_id            = aws_security_group.endpoints[0].id
  description                  = "From the probe"
  referenced_security_group_id = aws_security_group.probe.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

# One for each service that the probe asks. A VPC that has one already resolves its name
# privately and needs no second: choose internet there, and let its security group the probe in.
resource "aws_vpc_endpoint" "service" {
  for_each = var.service_access == "endpoints" ? local.services : toset([])

  vpc_id              = var.vpc_id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${local.region}.${each.key}"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.endpoints[0].id]
  private_dns_enabled = true
}
