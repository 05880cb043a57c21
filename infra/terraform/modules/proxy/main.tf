# The proxy, its target group, its target and its further endpoints.

locals {
  count = var.create ? 1 : 0
  # The proxy listens on the engine's own port, whatever the database's is:
  # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html
  port          = var.engine_family == "MYSQL" ? 3306 : 5432
  database_port = coalesce(var.database_port, local.port)
  # How clients log in that have a password: neither engine's older way.
  password_auth_type = var.engine_family == "MYSQL" ? "MYSQL_CACHING_SHA2_PASSWORD" : "POSTGRES_SCRAM_SHA_256"
}

# RDS would make a group of this name that is kept for ever.
resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158: CloudWatch Logs encrypts every group; log_kms_key_arn sets your own key
  # checkov:skip=CKV_AWS_338: how long logs are kept is for the user to choose
  count = local.count

  name              = "/aws/rds/proxy/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn

  tags = var.tags
}

resource "aws_db_proxy" "this" {
  count = local.count

  name                   = var.name
  engine_family          = var.engine_family
  role_arn               = aws_iam_role.this[0].arn
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = aws_security_group.this[*].id
  endpoint_network_type  = var.endpoint_network_type
  debug_logging          = var.debug_logging
  # Also means TLS from the proxy to the database.
  require_tls         = true
  idle_client_timeout = var.idle_client_timeout_s
  default_auth_scheme = var.default_auth_scheme

  dynamic "auth" {
    for_each = var.secrets

    content {
      auth_scheme               = "SECRETS"
      description               = auth.key
      secret_arn                = auth.value.secret_arn
      iam_auth                  = auth.value.iam_auth
      client_password_auth_type = coalesce(auth.value.client_password_auth_type, local.password_auth_type)
    }
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = var.default_auth_scheme == "IAM_AUTH" || length(var.iam_users) == 0
      error_message = "iam_users belong to default_auth_scheme IAM_AUTH."
    }
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this]
}

resource "aws_db_proxy_default_target_group" "this" {
  count = local.count

  db_proxy_name = aws_db_proxy.this[0].name

  connection_pool_config {
    connection_borrow_timeout    = var.connection_borrow_timeout_s
    max_connections_percent      = var.max_connections_percent
    max_idle_connections_percent = var.max_idle_connections_percent
    init_query                   = var.init_query
    session_pinning_filters      = var.session_pinning_filters
  }

  lifecycle {
    precondition {
      condition     = var.max_idle_connections_percent <= var.max_connections_percent
      error_message = "max_idle_connections_percent is above max_connections_percent."
    }
  }
}

resource "aws_db_proxy_target" "this" {
  count = local.count

  db_proxy_name          = aws_db_proxy.this[0].name
  target_group_name      = aws_db_proxy_default_target_group.this[0].name
  db_cluster_identifier  = var.cluster_identifier
  db_instance_identifier = var.instance_identifier

  # Without the rules the proxy can't reach the database: https://github.com/aws/aws-cdk/issues/8919
  depends_on = [
    aws_vpc_security_group_egress_rule.database,
    aws_vpc_security_group_ingress_rule.database,
  ]

  lifecycle {
    precondition {
      condition     = (var.cluster_identifier == null) != (var.instance_identifier == null)
      error_message = "The proxy has one database: set cluster_identifier or instance_identifier."
    }
  }
}

resource "aws_db_proxy_endpoint" "this" {
  for_each = { for name, endpoint in var.endpoints : name => endpoint if var.create }

  db_proxy_name          = aws_db_proxy.this[0].name
  db_proxy_endpoint_name = "${var.name}-${each.key}"
  target_role            = each.value.target_role
  vpc_subnet_ids         = each.value.subnet_ids == null ? var.subnet_ids : each.value.subnet_ids
  vpc_security_group_ids = each.value.security_group_ids == null ? aws_security_group.this[*].id : each.value.security_group_ids

  tags = var.tags

  # RDS asks for a reader in the cluster before it makes a read-only endpoint.
  depends_on = [aws_db_proxy_target.this]
}
