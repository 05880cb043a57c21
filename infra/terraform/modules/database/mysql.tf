# RDS for MySQL: one instance, with a standby on request.

resource "aws_db_parameter_group" "this" {
  count = local.instances

  name_prefix = "${var.name}-"
  description = "TLS for every connection"
  family      = local.family

  parameter {
    name  = local.tls.name
    value = local.tls.value
  }

  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_118: Performance Insights is on; the operating system's figures cost more than they tell here
  # checkov:skip=CKV_AWS_157: a standby doubles the price; multi_az asks for it
  # checkov:skip=CKV_AWS_354: Performance Insights encrypts with AWS's key; kms_key_arn sets yours
  count = local.instances

  identifier             = var.name
  engine                 = var.engine
  engine_version         = local.version
  instance_class         = var.instance_class
  allocated_storage      = var.allocated_storage
  storage_type           = "gp3"
  multi_az               = var.multi_az
  db_name                = var.database_name
  port                   = local.port
  db_subnet_group_name   = aws_db_subnet_group.this[0].name
  vpc_security_group_ids = aws_security_group.this[*].id
  parameter_group_name   = aws_db_parameter_group.this[0].name
  publicly_accessible    = false

  username                            = var.master_username
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.kms_key_arn
  iam_database_authentication_enabled = true

  storage_encrypted               = true
  kms_key_id                      = var.kms_key_arn
  backup_retention_period         = var.backup_retention_days
  copy_tags_to_snapshot           = true
  deletion_protection             = var.deletion_protection
  skip_final_snapshot             = var.skip_final_snapshot
  final_snapshot_identifier       = "${var.name}-final"
  enabled_cloudwatch_logs_exports = local.logs
  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn

  tags = var.tags

  depends_on = [aws_cloudwatch_log_group.this]
}
