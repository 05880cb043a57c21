# The module's own tests: nothing of them asks AWS. `terraform test` runs them.

mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name                       = "app"
  engine_family              = "POSTGRESQL"
  vpc_id                     = "vpc-0123456789abcdef0"
  subnet_ids                 = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  cluster_identifier         = "app"
  database_security_group_id = "sg-0123456789abcdef1"
  database_resource_id       = "cluster-ABC"
  iam_users                  = ["app", "probe"]
}

run "end_to_end_by_iam_it_logs_in_as_these_users_alone" {
  command = apply

  assert {
    condition = jsondecode(aws_iam_role_policy.this[0].policy).Statement == [{
      Sid    = "ConnectAsTheUsers"
      Effect = "Allow"
      Action = "rds-db:connect"
      Resource = [
        "arn:aws:rds-db:eu-west-1:123456789012:dbuser:cluster-ABC/app",
        "arn:aws:rds-db:eu-west-1:123456789012:dbuser:cluster-ABC/probe",
      ]
    }]
    error_message = aws_iam_role_policy.this[0].policy
  }
  assert {
    condition     = aws_db_proxy.this[0].default_auth_scheme == "IAM_AUTH" && length(aws_db_proxy.this[0].auth) == 0 && aws_db_proxy.this[0].require_tls
    error_message = "No secret, and TLS both ways."
  }
  assert {
    condition     = output.id == "prx-0123456789abcdef0" && output.user_arn_prefix == "arn:aws:rds-db:eu-west-1:123456789012:dbuser:prx-0123456789abcdef0/"
    error_message = "Clients' policies need the proxy's id."
  }
  assert {
    condition     = aws_db_proxy_target.this[0].db_cluster_identifier == "app" && aws_db_proxy_target.this[0].db_instance_identifier == null
    error_message = "The cluster is the target."
  }
}

run "by_secrets_it_reads_them_and_decrypts_those_with_a_key" {
  command = plan

  variables {
    default_auth_scheme  = "NONE"
    iam_users            = []
    database_resource_id = null
    secrets = {
      app = { secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf" }
      probe-user = {
        secret_arn  = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:probe-AbCdEf"
        kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234"
      }
    }
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this[0].policy).Statement == [
      {
        Sid      = "ReadTheSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [for secret in var.secrets : secret.secret_arn]
      },
      {
        Sid      = "DecryptProbeUser"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = "arn:aws:kms:eu-west-1:123456789012:key/1234"
        Condition = { StringEquals = {
          "kms:EncryptionContext:SecretARN" = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:probe-AbCdEf"
          "kms:ViaService"                  = "secretsmanager.eu-west-1.amazonaws.com"
        } }
      },
    ]
    error_message = aws_iam_role_policy.this[0].policy
  }
  assert {
    condition     = length(aws_db_proxy.this[0].auth) == 2 && alltrue([for auth in aws_db_proxy.this[0].auth : auth.iam_auth == "REQUIRED" && auth.client_password_auth_type == "POSTGRES_SCRAM_SHA_256"])
    error_message = "Clients log in by IAM."
  }
}

run "a_user_with_a_password_stands_beside_iam" {
  command = plan

  variables {
    secrets = { master = { secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:master-AbCdEf" } }
  }

  assert {
    condition     = [for each in jsondecode(aws_iam_role_policy.this[0].policy).Statement : each.Sid] == ["ConnectAsTheUsers", "ReadTheSecrets"]
    error_message = aws_iam_role_policy.this[0].policy
  }
}

run "mysql_listens_on_its_own_port_whatever_the_database_s" {
  command = plan

  variables {
    engine_family       = "MYSQL"
    cluster_identifier  = null
    instance_identifier = "app"
    database_port       = 3307
    clients             = { application = "sg-0123456789abcdef2" }
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.client["application"].from_port == 3306 && aws_vpc_security_group_egress_rule.database[0].from_port == 3307 && aws_vpc_security_group_ingress_rule.database[0].to_port == 3307
    error_message = "Clients to 3306, the proxy to 3307."
  }
  assert {
    condition     = aws_db_proxy_target.this[0].db_instance_identifier == "app" && output.port == 3306
    error_message = "The instance is the target."
  }
}

run "the_pool_is_set_up" {
  command = plan

  variables {
    connection_borrow_timeout_s  = 30
    max_connections_percent      = 80
    max_idle_connections_percent = 20
    init_query                   = "SET TIME ZONE 'UTC'"
    session_pinning_filters      = ["EXCLUDE_VARIABLE_SETS"]
    idle_client_timeout_s        = 600
    debug_logging                = true
  }

  assert {
    condition     = aws_db_proxy_default_target_group.this[0].connection_pool_config[0].init_query == var.init_query && aws_db_proxy_default_target_group.this[0].connection_pool_config[0].max_idle_connections_percent == 20
    error_message = "The target group has the pool's settings."
  }
  assert {
    condition     = aws_db_proxy.this[0].idle_client_timeout == 600 && aws_db_proxy.this[0].debug_logging
    error_message = "The proxy has the clients' settings."
  }
}

run "endpoints_are_the_proxy_s_neighbours_unless_told_otherwise" {
  command = plan

  variables {
    endpoints = {
      read-only = { target_role = "READ_ONLY" }
      other-vpc = {
        subnet_ids         = ["subnet-0123456789abcdef8", "subnet-0123456789abcdef9"]
        security_group_ids = ["sg-0123456789abcdef3"]
      }
    }
  }

  assert {
    condition     = aws_db_proxy_endpoint.this["read-only"].db_proxy_endpoint_name == "app-read-only" && aws_db_proxy_endpoint.this["read-only"].vpc_subnet_ids == toset(var.subnet_ids)
    error_message = "The proxy's subnets, and its name in front."
  }
  assert {
    condition     = aws_db_proxy_endpoint.this["other-vpc"].vpc_security_group_ids == toset(["sg-0123456789abcdef3"]) && aws_db_proxy_endpoint.this["other-vpc"].target_role == "READ_WRITE"
    error_message = "Its own subnets and groups."
  }
}

run "a_proxy_without_users_is_refused" {
  command = plan

  variables {
    iam_users = []
  }

  expect_failures = [aws_iam_role_policy.this]
}

run "users_without_a_password_belong_to_iam" {
  command = plan

  variables {
    default_auth_scheme = "NONE"
    secrets             = { master = { secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:master-AbCdEf" } }
  }

  expect_failures = [aws_db_proxy.this]
}

run "a_proxy_has_one_database" {
  command = plan

  variables {
    instance_identifier = "app"
  }

  expect_failures = [aws_db_proxy_target.this]
}

run "a_wildcard_is_no_user" {
  command = plan

  variables {
    iam_users = ["app_*"]
  }

  expect_failures = [var.iam_users]
}

run "without_create_there_is_nothing" {
  command = plan

  variables {
    create    = false
    endpoints = { read-only = { target_role = "READ_ONLY" } }
    clients   = { application = "sg-0123456789abcdef2" }
  }

  assert {
    condition     = length(aws_db_proxy.this) + length(aws_db_proxy_endpoint.this) + length(aws_iam_role.this) + length(aws_security_group.this) + length(aws_vpc_security_group_ingress_rule.client) + length(aws_cloudwatch_log_group.this) == 0
    error_message = "create is false."
  }
  assert {
    condition     = output.id == null && output.endpoint == null
    error_message = "There is nothing to print."
  }
}

run "everything_of_the_same_apply_may_be_unknown" {
  command = plan

  module {
    source = "./tests/unknown"
  }

  assert {
    condition     = output.endpoint_names == "read-only"
    error_message = "Endpoints depend on their names alone."
  }
}
