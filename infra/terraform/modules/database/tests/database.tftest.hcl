# The module's own tests: nothing of them asks AWS. `terraform test` runs them.

mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name       = "app"
  engine     = "aurora-postgresql"
  vpc_id     = "vpc-0123456789abcdef0"
  subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
}

run "aurora_postgresql_with_its_writer" {
  command = apply

  assert {
    condition     = aws_rds_cluster.this[0].engine_version == "17" && aws_rds_cluster_parameter_group.this[0].family == "aurora-postgresql17"
    error_message = "The family follows the version."
  }
  assert {
    condition     = tolist(aws_rds_cluster_parameter_group.this[0].parameter)[0].name == "rds.force_ssl" && aws_rds_cluster.this[0].port == 5432
    error_message = "TLS is required, on PostgreSQL's port."
  }
  assert {
    condition     = length(aws_rds_cluster_instance.this) == 1 && aws_rds_cluster_instance.this[0].instance_class == "db.serverless"
    error_message = "One instance, Serverless v2."
  }
  assert {
    condition     = output.cluster_identifier == "app" && output.instance_identifier == null && output.engine_family == "POSTGRESQL"
    error_message = "A proxy needs the cluster."
  }
  assert {
    condition     = startswith(output.resource_id, "cluster-") && output.master_secret_arn == aws_rds_cluster.this[0].master_user_secret[0].secret_arn
    error_message = "The proxy's role needs both."
  }
}

run "no_password_is_in_the_state_and_iam_is_on" {
  command = plan

  assert {
    condition     = aws_rds_cluster.this[0].manage_master_user_password && aws_rds_cluster.this[0].master_password == null && aws_rds_cluster.this[0].iam_database_authentication_enabled
    error_message = "RDS makes the password; users log in by IAM."
  }
  assert {
    condition     = aws_rds_cluster.this[0].storage_encrypted && aws_rds_cluster.this[0].deletion_protection && !aws_rds_cluster.this[0].skip_final_snapshot
    error_message = "Data is encrypted and kept."
  }
}

run "aurora_mysql_with_readers" {
  command = plan

  variables {
    engine  = "aurora-mysql"
    readers = 2
  }

  assert {
    condition     = aws_rds_cluster_parameter_group.this[0].family == "aurora-mysql8.0" && tolist(aws_rds_cluster_parameter_group.this[0].parameter)[0].name == "require_secure_transport"
    error_message = "The family of MySQL 8.0, with TLS."
  }
  assert {
    condition     = aws_rds_cluster_instance.this[*].promotion_tier == [0, 1, 1] && aws_rds_cluster.this[0].port == 3306
    error_message = "The writer comes first, on MySQL's port."
  }
}

run "rds_for_mysql" {
  command = apply

  variables {
    engine   = "mysql"
    multi_az = true
  }

  assert {
    condition     = aws_db_instance.this[0].engine_version == "8.4" && aws_db_parameter_group.this[0].family == "mysql8.4" && aws_db_instance.this[0].multi_az
    error_message = "MySQL 8.4 with a standby."
  }
  assert {
    condition     = aws_db_instance.this[0].manage_master_user_password && aws_db_instance.this[0].iam_database_authentication_enabled && !aws_db_instance.this[0].publicly_accessible
    error_message = "As for Aurora."
  }
  assert {
    condition     = length(aws_rds_cluster.this) + length(aws_rds_cluster_instance.this) + length(aws_rds_cluster_parameter_group.this) == 0
    error_message = "No cluster."
  }
  assert {
    condition     = output.instance_identifier == "app" && output.cluster_identifier == null && startswith(output.resource_id, "db-") && output.engine_family == "MYSQL"
    error_message = "A proxy needs the instance."
  }
  assert {
    condition     = toset(keys(output.log_group_arns)) == toset(["error", "iam-db-auth-error", "slowquery"]) && aws_cloudwatch_log_group.this["error"].name == "/aws/rds/instance/app/error"
    error_message = "Logs go where RDS writes them."
  }
}

run "one_key_for_everything" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234"
  }

  assert {
    condition     = alltrue([for key in [aws_rds_cluster.this[0].kms_key_id, aws_rds_cluster.this[0].master_user_secret_kms_key_id, aws_rds_cluster_instance.this[0].performance_insights_kms_key_id] : key == var.kms_key_arn])
    error_message = "Storage, secret and Performance Insights."
  }
}

run "capacities_are_in_order" {
  command = plan

  variables {
    min_capacity = 4
    max_capacity = 2
  }

  expect_failures = [aws_rds_cluster.this]
}

run "another_engine_is_refused" {
  command = plan

  variables {
    engine = "postgres"
  }

  expect_failures = [var.engine]
}

run "without_create_there_is_nothing" {
  command = plan

  variables {
    create = false
  }

  assert {
    condition     = length(aws_rds_cluster.this) + length(aws_rds_cluster_instance.this) + length(aws_db_instance.this) + length(aws_db_subnet_group.this) + length(aws_security_group.this) + length(aws_cloudwatch_log_group.this) == 0
    error_message = "create is false."
  }
  assert {
    condition     = output.arn == null && output.cluster_identifier == null && output.master_secret_arn == null
    error_message = "There is nothing to print."
  }
}

run "network_and_keys_of_the_same_apply_may_be_unknown" {
  command = plan

  module {
    source = "./tests/unknown"
  }

  assert {
    condition     = output.ports == { aurora = 5432, mysql = 3306 }
    error_message = "What doesn't depend on them is known."
  }
}
