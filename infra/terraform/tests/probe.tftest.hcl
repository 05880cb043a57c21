# The module's own tests: nothing of them asks AWS. `terraform test` runs them.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  package_file            = "versions.tf" # any file: nothing is uploaded
  proxy_arn               = "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0"
  proxy_endpoint          = "app.proxy-abc123.eu-west-1.rds.amazonaws.com"
  database_user           = "app"
  vpc_id                  = "vpc-0123456789abcdef0"
  subnet_ids              = ["subnet-0123456789abcdef0"]
  proxy_security_group_id = "sg-0123456789abcdef0"
}

run "by_iam_it_may_sign_in_as_one_user_and_nothing_else" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.probe.policy).Statement == [{
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:prx-0123456789abcdef0/app"
    }]
    error_message = aws_iam_role_policy.probe.policy
  }
  assert {
    condition     = length(aws_vpc_endpoint.service) == 0 && length(aws_vpc_security_group_egress_rule.internet) == 0
    error_message = "Signing in by IAM asks no AWS service."
  }
}

run "by_secret_it_may_read_the_secret_and_use_its_key" {
  command = plan

  variables {
    auth_method    = "secret"
    database_user  = ""
    secret_arn     = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"
    secret_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    service_access = "endpoints"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.probe.policy).Statement == [
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = var.secret_arn },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = var.secret_key_arn },
    ]
    error_message = aws_iam_role_policy.probe.policy
  }
  assert {
    condition     = keys(aws_vpc_endpoint.service) == ["secretsmanager"]
    error_message = "Only Secrets Manager is asked."
  }
  assert {
    condition     = !contains(keys(local.environment), "DB_USER")
    error_message = "The secret names the user."
  }
}

run "who_assumes_a_role_may_do_nothing_else" {
  command = plan

  variables {
    assume_role_arn         = "arn:aws:iam::210987654321:role/probe"
    assume_role_external_id = "shared-word"
    explain                 = true
    service_access          = "internet"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.probe.policy).Statement == [
      { Effect = "Allow", Action = "sts:AssumeRole", Resource = var.assume_role_arn },
    ]
    error_message = aws_iam_role_policy.probe.policy
  }
  assert {
    condition     = length(aws_vpc_security_group_egress_rule.internet) == 1
    error_message = "STS has to be reached."
  }
}

run "explaining_asks_the_control_plane" {
  command = plan

  variables {
    explain        = true
    service_access = "endpoints"
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.probe.policy).Statement) == 2
    error_message = aws_iam_role_policy.probe.policy
  }
  assert {
    condition     = keys(aws_vpc_endpoint.service) == ["rds", "sts"]
    error_message = "RDS and STS are asked."
  }
}

run "without_a_schedule_nothing_is_missed" {
  command = plan

  variables {
    schedule_expression = ""
  }

  assert {
    condition     = length(aws_scheduler_schedule.probe) == 0 && length(aws_cloudwatch_metric_alarm.not_running) == 0
    error_message = "There is nothing to miss."
  }
}

run "a_wildcard_is_no_user" {
  command = plan

  variables {
    database_user = "*"
  }

  expect_failures = [var.database_user]
}

run "a_proxys_name_is_no_arn" {
  command = plan

  variables {
    proxy_arn = "app"
  }

  expect_failures = [var.proxy_arn]
}

run "a_probe_must_end_before_the_function_does" {
  command = plan

  variables {
    probe_timeout_ms = 15000
  }

  expect_failures = [var.probe_timeout_ms]
}

run "a_secret_is_needed_to_sign_in_by_secret" {
  command = plan

  variables {
    auth_method    = "secret"
    service_access = "endpoints"
  }

  expect_failures = [aws_lambda_function.probe]
}

run "what_asks_services_needs_a_way_to_them" {
  command = plan

  variables {
    explain = true
  }

  expect_failures = [aws_lambda_function.probe]
}

run "an_endpoint_of_another_region_is_refused" {
  command = plan

  variables {
    proxy_endpoint = "app.proxy-abc123.us-east-1.rds.amazonaws.com"
  }

  expect_failures = [aws_lambda_function.probe]
}
