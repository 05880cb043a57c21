# The module's own tests: nothing of them asks AWS. `terraform test` runs them.

mock_provider "aws" {
  source = "../../tests/mocks"
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
    condition = jsondecode(aws_iam_role_policy.probe[0].policy).Statement == [{
      Sid      = "ConnectAsTheDatabaseUser"
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:prx-0123456789abcdef0/app"
    }]
    error_message = aws_iam_role_policy.probe[0].policy
  }
  assert {
    condition     = length(aws_vpc_endpoint.service) == 0 && length(aws_vpc_security_group_egress_rule.internet) == 0
    error_message = "A login by IAM calls no AWS service."
  }
  assert {
    condition     = length(aws_scheduler_schedule.probe) == 0 && length(aws_cloudwatch_metric_alarm.not_running) == 0
    error_message = "Without a schedule there is nothing to miss."
  }
}

run "an_id_is_as_good_as_an_arn" {
  command = plan

  variables {
    proxy_arn = "prx-0123456789abcdef0"
  }

  assert {
    condition     = endswith(jsondecode(aws_iam_role_policy.probe[0].policy).Statement[0].Resource, ":dbuser:prx-0123456789abcdef0/app")
    error_message = aws_iam_role_policy.probe[0].policy
  }
}

run "by_secret_it_may_read_the_secret_and_use_its_key" {
  command = apply

  variables {
    auth_method    = "secret"
    database_user  = ""
    secret_arn     = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"
    secret_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    service_access = "endpoints"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.probe[0].policy).Statement == [
      { Sid = "ReadTheSecret", Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = var.secret_arn },
      {
        Sid      = "DecryptTheSecret"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = var.secret_key_arn
        Condition = { StringEquals = {
          "kms:EncryptionContext:SecretARN" = var.secret_arn
          "kms:ViaService"                  = "secretsmanager.eu-west-1.amazonaws.com"
        } }
      },
    ]
    error_message = aws_iam_role_policy.probe[0].policy
  }
  assert {
    condition     = keys(aws_vpc_endpoint.service) == ["secretsmanager"]
    error_message = "Only Secrets Manager is asked."
  }
  assert {
    condition     = aws_lambda_function.probe[0].environment[0].variables["AWS_ENDPOINT_URL_SECRETS_MANAGER"] == "https://vpce-1.example"
    error_message = "The SDK is told where the endpoint is."
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
    condition = jsondecode(aws_iam_role_policy.probe[0].policy).Statement == [
      { Sid = "AssumeTheRole", Effect = "Allow", Action = "sts:AssumeRole", Resource = var.assume_role_arn },
    ]
    error_message = aws_iam_role_policy.probe[0].policy
  }
  assert {
    condition     = length(aws_vpc_security_group_egress_rule.internet) == 1
    error_message = "STS has to be reached."
  }
}

run "explaining_asks_the_control_plane" {
  command = plan

  variables {
    explain                    = true
    service_access             = "endpoints"
    endpoint_security_group_id = "sg-0123456789abcdef1"
  }

  assert {
    condition     = [for each in jsondecode(aws_iam_role_policy.probe[0].policy).Statement : each.Sid] == ["ConnectAsTheDatabaseUser", "FindTheProxy", "LookAtItsTargets"]
    error_message = aws_iam_role_policy.probe[0].policy
  }
  assert {
    condition     = length(aws_vpc_endpoint.service) == 0
    error_message = "The endpoints exist."
  }
}

run "a_schedule_brings_its_alarms" {
  command = plan

  variables {
    schedule_expression     = "rate(1 minute)"
    flexible_window_minutes = 1
    alarm_topic_arn         = "arn:aws:sns:eu-west-1:123456789012:alarms"
  }

  assert {
    condition     = aws_scheduler_schedule.probe[0].flexible_time_window[0].mode == "FLEXIBLE"
    error_message = "Probes are spread over the window."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.unhealthy[0].alarm_actions == toset([var.alarm_topic_arn])
    error_message = "The topic is told."
  }
}

run "addresses_stand_for_a_foreign_group" {
  command = plan

  variables {
    proxy_security_group_id = ""
    proxy_cidr              = "10.0.0.0/20"
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.proxy[0].cidr_ipv4 == "10.0.0.0/20" && length(aws_vpc_security_group_ingress_rule.proxy) == 0
    error_message = "No rule in a group that is not ours."
  }
}

run "as_the_application_it_makes_no_role_no_group_and_no_log" {
  command = plan

  variables {
    function_role_arn           = "arn:aws:iam::123456789012:role/app"
    function_security_group_ids = ["sg-0123456789abcdef1", "sg-0123456789abcdef2"]
    log_group_name              = "/aws/lambda/app"
    proxy_security_group_id     = ""
    tracing                     = true
  }

  assert {
    condition     = length(aws_iam_role.probe) + length(aws_iam_role_policy.probe) + length(aws_security_group.probe) + length(aws_cloudwatch_log_group.probe) == 0
    error_message = "All of that is the application's."
  }
  assert {
    condition     = length(aws_vpc_security_group_egress_rule.proxy) + length(aws_vpc_security_group_ingress_rule.proxy) == 0
    error_message = "What its groups do not open is the diagnosis."
  }
  assert {
    condition     = aws_lambda_function.probe[0].role == var.function_role_arn && tolist(aws_lambda_function.probe[0].vpc_config[0].security_group_ids) == var.function_security_group_ids
    error_message = "The function is the application's, as far as the path goes."
  }
  assert {
    condition     = [for each in jsondecode(output.role_needs) : each.Sid] == ["WriteOwnLogs", "LambdaMakesNetworkInterfaces", "SendTraces"]
    error_message = output.role_needs
  }
}

run "an_ipv6_range_stands_for_a_foreign_group" {
  command = plan

  variables {
    proxy_security_group_id = ""
    proxy_ipv6_cidr         = "2001:db8:1234:1a00::/56"
    ip_version              = "dual"
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.proxy) == 0 && aws_vpc_security_group_egress_rule.proxy_ipv6[0].cidr_ipv6 == var.proxy_ipv6_cidr
    error_message = "One rule, for the IPv6 range."
  }
}

run "groups_of_the_application_have_their_own_rules" {
  command = plan

  variables {
    function_security_group_ids = ["sg-0123456789abcdef1"]
  }

  expect_failures = [aws_lambda_function.probe]
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

run "alarms_belong_to_a_schedule" {
  command = plan

  variables {
    alarm_topic_arn = "arn:aws:sns:eu-west-1:123456789012:alarms"
  }

  expect_failures = [aws_lambda_function.probe]
}

run "mysql_has_its_port_and_no_database_of_its_own" {
  command = plan

  variables {
    engine = "mysql"
  }

  assert {
    condition     = aws_lambda_function.probe[0].environment[0].variables["DB_ENGINE"] == "mysql"
    error_message = "The function speaks MySQL."
  }
  assert {
    condition     = aws_lambda_function.probe[0].environment[0].variables["DB_PORT"] == "3306" && aws_vpc_security_group_egress_rule.proxy[0].from_port == 3306
    error_message = "A proxy for MySQL listens on 3306."
  }
  assert {
    condition     = aws_lambda_function.probe[0].environment[0].variables["DB_NAME"] == ""
    error_message = "MySQL needs no database."
  }
}

run "a_package_of_s3_takes_the_place_of_the_file" {
  command = plan

  variables {
    package_file = null
    package_s3   = { bucket = "packages", key = "probe.zip", version = "1" }
  }

  assert {
    condition     = aws_lambda_function.probe[0].s3_key == "probe.zip" && aws_lambda_function.probe[0].filename == null
    error_message = "The function comes from S3."
  }
}

run "a_package_comes_from_one_place" {
  command = plan

  variables {
    package_s3 = { bucket = "packages", key = "probe.zip" }
  }

  expect_failures = [aws_lambda_function.probe]
}

run "without_create_there_is_nothing" {
  command = plan

  variables {
    create              = false
    schedule_expression = "rate(1 minute)"
  }

  assert {
    condition     = length(aws_lambda_function.probe) + length(aws_iam_role.probe) + length(aws_iam_role.schedule) + length(aws_security_group.probe) + length(aws_cloudwatch_log_group.probe) + length(aws_cloudwatch_metric_alarm.unhealthy) == 0
    error_message = "create is false."
  }
  assert {
    condition     = output.function_arn == null && output.invoke_command == null && output.alarm_arns == {}
    error_message = "There is nothing to print."
  }
}

run "roles_tags_and_keys_are_those_asked_for" {
  command = plan

  variables {
    schedule_expression           = "rate(1 minute)"
    iam_role_path                 = "/probes/"
    iam_role_permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    kms_key_arn                   = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    log_kms_key_arn               = "arn:aws:kms:eu-west-1:123456789012:key/5678"
    tags                          = { team = "data" }
  }

  assert {
    condition     = alltrue([for role in concat(aws_iam_role.probe, aws_iam_role.schedule) : role.path == "/probes/" && role.permissions_boundary == var.iam_role_permissions_boundary && role.tags == var.tags])
    error_message = "Both roles have path, boundary and tags."
  }
  assert {
    condition     = aws_lambda_function.probe[0].kms_key_arn == var.kms_key_arn && aws_cloudwatch_log_group.probe[0].kms_key_id == var.log_kms_key_arn
    error_message = "Environment and log have keys of their own."
  }
}

run "inputs_of_the_same_apply_may_be_unknown" {
  command = plan

  module {
    source = "./tests/unknown"
  }

  assert {
    condition     = output.endpoints == { by_group = "", by_ranges = "sts", by_secret = "secretsmanager" }
    error_message = "Endpoints depend on what is asked, not on values."
  }
}
