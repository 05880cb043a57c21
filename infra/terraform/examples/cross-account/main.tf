# The probe in the application's account, the proxy in the database's: the application shares two subnets,
# the proxy gets an endpoint in them, and the probe assumes a role of the database's account, since a
# proxy accepts only tokens of its own account. Both accounts are in one organization, with resource
# sharing switched on.

locals {
  probe_name = "rds-proxy-probe"
}

data "aws_partition" "current" {
  provider = aws.database
}

data "aws_caller_identity" "database" {
  provider = aws.database
}

data "aws_caller_identity" "application" {
  provider = aws.application
}

data "aws_db_proxy" "this" {
  provider = aws.database

  name = var.proxy_name
}

locals {
  partition           = data.aws_partition.current.partition
  database_account    = data.aws_caller_identity.database.account_id
  application_account = data.aws_caller_identity.application.account_id
  proxy_id            = regex("prx-[a-z0-9]+$", data.aws_db_proxy.this.arn)
  is_mysql            = data.aws_db_proxy.this.engine_family == "MYSQL"
  port                = local.is_mysql ? 3306 : 5432
}

# The application's account shares its subnets.

resource "aws_ram_resource_share" "subnets" {
  provider = aws.application

  name                      = "${local.probe_name}-subnets"
  allow_external_principals = false
}

resource "aws_ram_resource_association" "subnets" {
  provider = aws.application
  count    = 2

  resource_share_arn = aws_ram_resource_share.subnets.arn
  resource_arn       = "arn:${local.partition}:ec2:${var.region}:${local.application_account}:subnet/${var.subnet_ids[count.index]}"
}

resource "aws_ram_principal_association" "database" {
  provider = aws.application

  resource_share_arn = aws_ram_resource_share.subnets.arn
  principal          = local.database_account
}

# The database's account makes an endpoint of the proxy in them, and a role.

resource "aws_security_group" "endpoint" {
  # checkov:skip=CKV2_AWS_5: the endpoint of the proxy has it, which checkov does not look at
  provider = aws.database

  name_prefix = "${local.probe_name}-endpoint-"
  description = "Endpoint of the proxy in the VPC of the application"
  vpc_id      = var.vpc_id

  depends_on = [aws_ram_principal_association.database, aws_ram_resource_association.subnets]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "endpoint" {
  provider = aws.database

  security_group_id = aws_security_group.endpoint.id
  description       = "The subnets of the probe"
  cidr_ipv4         = var.client_cidr
  ip_protocol       = "tcp"
  from_port         = local.port
  to_port           = local.port
}

resource "aws_db_proxy_endpoint" "application" {
  provider = aws.database

  db_proxy_name          = data.aws_db_proxy.this.name
  db_proxy_endpoint_name = "${local.probe_name}-endpoint"
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = [aws_security_group.endpoint.id]
}

resource "aws_iam_role" "sign_in" {
  provider = aws.database

  name_prefix = "${local.probe_name}-"
  description = "Allows the probe of another account to log in to one proxy as one database user"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # The account, and by condition one role of it: a role that doesn't exist yet can't be a principal.
      # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
      Sid       = "LetTheProbeAssume"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.application_account}:root" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "sts:ExternalId" = var.external_id }
        ArnLike      = { "aws:PrincipalArn" = "arn:${local.partition}:iam::${local.application_account}:role/${local.probe_name}" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "sign_in" {
  provider = aws.database

  name = "connect-as-the-database-user"
  role = aws_iam_role.sign_in.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ConnectAsTheDatabaseUser"
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "arn:${local.partition}:rds-db:${var.region}:${local.database_account}:dbuser:${local.proxy_id}/${var.database_user}"
    }]
  })
}

# The probe, in the application's account.

module "probe" {
  source    = "../../modules/probe"
  providers = { aws = aws.application }

  name                    = local.probe_name
  package_file            = var.package_file
  engine                  = local.is_mysql ? "mysql" : "postgresql"
  proxy_arn               = data.aws_db_proxy.this.arn
  proxy_endpoint          = aws_db_proxy_endpoint.application.endpoint
  proxy_cidr              = var.client_cidr
  database_user           = var.database_user
  assume_role_arn         = aws_iam_role.sign_in.arn
  assume_role_external_id = var.external_id
  known_after_apply       = ["assume_role_arn"]
  service_access          = "endpoints"
  vpc_id                  = var.vpc_id
  subnet_ids              = var.subnet_ids
  schedule_expression     = "rate(1 minute)"
}
