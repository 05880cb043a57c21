# Aurora Serverless v2: the cluster, its writer and its readers.

resource "aws_rds_cluster_parameter_group" "this" {
  count = local.clusters

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

resource "aws_rds_cluster" "this" {
  # checkov:skip=CKV_AWS_327: RDS encrypts with its own key; kms_key_arn sets yours
  # checkov:skip=CKV2_AWS_8: automatic backups are on; AWS Backup is the account's matter
  # checkov:skip=CKV2_AWS_27: statements are not logged, since they hold users' data
  # checkov:skip=CKV_AWS_326: backtrack keeps change records that cost money; backups are on
  count = local.clusters

  cluster_identifier              = var.name
  engine                          = var.engine
  engine_version                  = local.version
  database_name                   = var.database_name
  port                            = local.port
  db_subnet_group_name            = aws_db_subnet_group.this[0].name
  vpc_security_group_ids          = aws_security_group.this[*].id
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this[0].name

  master_username                     = var.master_username
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

  serverlessv2_scaling_configuration {
    min_capacity = var.min_capacity
    max_capacity = var.max_capacity
  }

  tags = var.tags

  depends_on = [aws_cloudwatch_log_group.this]

  lifecycle {
    precondition {
      condition     = var.min_capacity <= var.max_capacity
      error_message = "min_capacity is above max_capacity."
    }
  }
}

# The first becomes the writer.
resource "aws_rds_cluster_instance" "this" {
  # checkov:skip=CKV_AWS_118: Performance Insights is on; the operating system's figures cost more than they tell here
  # checkov:skip=CKV_AWS_354: Performance Insights encrypts with AWS's key; kms_key_arn sets yours
  count = var.create && local.is_aurora ? var.readers + 1 : 0

  identifier                      = "${var.name}-${count.index + 1}"
  cluster_identifier              = aws_rds_cluster.this[0].id
  engine                          = var.engine
  engine_version                  = local.version
  instance_class                  = "db.serverless"
  db_subnet_group_name            = aws_db_subnet_group.this[0].name
  promotion_tier                  = min(count.index, 1)
  auto_minor_version_upgrade      = true
  publicly_accessible             = false
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn
  copy_tags_to_snapshot           = true

  tags = var.tags
}
