# Clients to the proxy, the proxy to its database, and nothing else.

resource "aws_security_group" "this" {
  # checkov:skip=CKV2_AWS_5: the proxy has it, which checkov does not look at
  count = local.count

  name_prefix = "${var.name}-"
  description = "The proxy, from its clients, to its database"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = { for name, id in var.clients : name => id if var.create }

  security_group_id            = aws_security_group.this[0].id
  description                  = "Client ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port

  tags = var.tags
}

resource "aws_vpc_security_group_egress_rule" "database" {
  count = local.count

  security_group_id            = aws_security_group.this[0].id
  description                  = "The database"
  referenced_security_group_id = var.database_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.database_port
  to_port                      = local.database_port

  tags = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  count = local.count

  security_group_id            = var.database_security_group_id
  description                  = "The proxy"
  referenced_security_group_id = aws_security_group.this[0].id
  ip_protocol                  = "tcp"
  from_port                    = local.database_port
  to_port                      = local.database_port

  tags = var.tags
}
