mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  package_s3              = { bucket = "builds", key = "db-users.zip" }
  proxy_arn               = "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0"
  proxy_endpoint          = "app.proxy-abc123.eu-west-1.rds.amazonaws.com"
  proxy_security_group_id = "sg-0123456789abcdef0"
  master_username         = "postgres"
  database_name           = "app"
  users                   = { app = { grant = "read-write", schemas = ["sales"] }, probe = { grant = "connect" } }
  vpc_id                  = "vpc-0123456789abcdef0"
  subnet_ids              = ["subnet-0123456789abcdef0"]
}

run "the_function_is_told_the_users" {
  command = plan

  assert {
    condition = jsondecode(aws_lambda_invocation.users[0].input) == {
      Name = "database-users"
      Properties = {
        Engine = "postgresql", Database = "app", Scheme = "IAM_AUTH", Version = "1",
        Users  = [{ Name = "app", Grant = "read-write", Schemas = ["sales"] }, { Name = "probe", Grant = "connect" }]
      }
    }
    error_message = aws_lambda_invocation.users[0].input
  }
  assert {
    condition     = aws_lambda_invocation.users[0].lifecycle_scope == "CRUD"
    error_message = "It is asked at updates and deletes too."
  }
  assert {
    condition     = aws_lambda_function.this[0].environment[0].variables == tomap({ DB_HOST = "app.proxy-abc123.eu-west-1.rds.amazonaws.com", DB_PORT = "5432", DB_USER = "postgres" })
    error_message = "It logs in to the proxy as the master."
  }
}

run "it_may_log_in_as_the_master_and_nothing_else" {
  command = plan

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : "${statement.Action} ${statement.Resource}"] == ["rds-db:connect arn:aws:rds-db:eu-west-1:123456789012:dbuser:prx-0123456789abcdef0/postgres"]
    error_message = aws_iam_role_policy.this[0].policy
  }
  assert {
    condition     = length(aws_vpc_security_group_egress_rule.secrets) == 0
    error_message = "It reads no secret."
  }
}

run "mysql_with_passwords" {
  command = plan

  variables {
    engine                     = "mysql"
    scheme                     = "SECRETS"
    secrets_access             = "endpoint"
    endpoint_security_group_id = "sg-0123456789abcdef1"
    secrets_kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    users                      = { app = { grant = "read-only", secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf" } }
  }

  assert {
    condition     = jsondecode(aws_lambda_invocation.users[0].input).Properties.Users[0].SecretArn == "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"
    error_message = "The function reads the password from the secret."
  }
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : statement.Sid] == ["ConnectAsTheMasterUser", "ReadTheSecrets", "DecryptTheSecrets"]
    error_message = aws_iam_role_policy.this[0].policy
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.proxy[0].from_port == 3306 && aws_vpc_security_group_egress_rule.secrets[0].referenced_security_group_id == "sg-0123456789abcdef1"
    error_message = "It reaches the proxy and the endpoint."
  }
}

run "what_does_not_fit_is_refused" {
  command = plan

  variables {
    scheme = "SECRETS"
  }

  expect_failures = [aws_lambda_function.this]
}

run "without_create_there_is_nothing" {
  command = plan

  variables {
    create = false
  }

  assert {
    condition     = length(aws_lambda_function.this) + length(aws_lambda_invocation.users) + length(aws_iam_role.this) + length(aws_security_group.this) + length(aws_vpc_security_group_ingress_rule.proxy) == 0
    error_message = "create is false."
  }
  assert {
    condition     = output.function_arn == null && output.result == null
    error_message = "There is nothing to print."
  }
}

run "what_is_of_the_same_apply_may_be_unknown" {
  command = plan

  module {
    source = "./tests/unknown"
  }

  assert {
    condition     = output.names == "app"
    error_message = "What is created depends on names alone."
  }
}
