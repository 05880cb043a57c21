# What every engine needs: names, a subnet group, a security group without rules, log groups. Who may
# connect is for the clients' modules to say, such as proxy: they add rules to the security group.

locals {
  count     = var.create ? 1 : 0
  is_aurora = var.engine != "mysql"
  clusters  = local.is_aurora ? local.count : 0
  instances = local.is_aurora ? 0 : local.count

  is_mysql = var.engine != "aurora-postgresql"
  port     = local.is_mysql ? 3306 : 5432
  versions = {
    aurora-postgresql = "17"
    aurora-mysql      = "8.0.mysql_aurora.3.10"
    mysql             = "8.4"
  }
  version = coalesce(var.engine_version, local.versions[var.engine])
  # aurora-postgresql17, aurora-mysql8.0, mysql8.4
  family = "${var.engine}${local.is_mysql ? regex("^\\d+\\.\\d+", local.version) : regex("^\\d+", local.version)}"

  # The switch that refuses connections without TLS.
  tls = local.is_mysql ? { name = "require_secure_transport", value = "ON" } : { name = "rds.force_ssl", value = "1" }
  logs = {
    aurora-postgresql = ["iam-db-auth-error", "postgresql"]
    aurora-mysql      = ["error", "iam-db-auth-error", "slowquery"]
    mysql             = ["error", "iam-db-auth-error", "slowquery"]
  }[var.engine]
}

resource "aws_db_subnet_group" "this" {
  count = local.count

  name_prefix = "${var.name}-"
  description = "Private subnets of the database"
  subnet_ids  = var.subnet_ids

  tags = var.tags
}

resource "aws_security_group" "this" {
  count = local.count

  name_prefix = "${var.name}-"
  description = "The database, from its clients only"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    create_before_destroy = true
  }
}

# RDS would make groups of these names that are kept for ever.
resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158: CloudWatch Logs encrypts every group; log_kms_key_arn sets your own key
  # checkov:skip=CKV_AWS_338: how long logs are kept is for the user to choose
  for_each = toset(var.create ? local.logs : [])

  name              = "/aws/rds/${local.is_aurora ? "cluster" : "instance"}/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn

  tags = var.tags
}
