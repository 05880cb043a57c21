# The example as a whole: nothing of it asks AWS. `terraform test` runs it.

mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  region             = "eu-west-1"
  certificate_arn    = "arn:aws:acm:eu-west-1:123456789012:certificate/1234"
  client_cidr        = "192.0.2.0/24"
  package_file       = "versions.tf" # any file: nothing is uploaded
  users_package_file = "versions.tf"
}

run "a_plan_knows_what_it_will_create" {
  command = plan

  assert {
    condition     = aws_lb.application.access_logs[0].enabled && !aws_lb.application.internal
    error_message = "The load balancer is public and writes access logs."
  }
}

run "the_application_logs_in_as_its_own_user_alone" {
  command = apply

  assert {
    condition = jsondecode(aws_iam_role_policy.application.policy).Statement == [{
      Sid      = "ConnectAsTheDatabaseUser"
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:prx-0123456789abcdef0/app"
    }]
    error_message = aws_iam_role_policy.application.policy
  }
  assert {
    condition     = !aws_ecs_service.application.network_configuration[0].assign_public_ip && aws_ecs_service.application.network_configuration[0].subnets == toset(module.network.private_subnet_ids)
    error_message = "Tasks run in the private subnets."
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.application_proxy.from_port == 3306
    error_message = "The application reaches the proxy."
  }
}
