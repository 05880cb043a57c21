# The module's own tests: nothing of them asks AWS. `terraform test` runs them.

mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name = "app"
}

run "private_subnets_alone_by_default" {
  command = apply

  assert {
    condition     = aws_subnet.private[*].cidr_block == ["10.0.0.0/24", "10.0.1.0/24"] && aws_subnet.private[*].availability_zone == ["eu-west-1a", "eu-west-1b"]
    error_message = "One subnet in each of two zones."
  }
  assert {
    condition     = length(aws_internet_gateway.this) + length(aws_nat_gateway.this) + length(aws_vpc_endpoint.service) + length(aws_route.private) == 0
    error_message = "No way out."
  }
  assert {
    condition     = output.private_cidr == "10.0.0.0/22" && length(output.private_subnet_ids) == 2
    error_message = "Outputs cover the private subnets."
  }
  assert {
    condition     = length(aws_default_security_group.this[0].ingress) == 0 && length(aws_default_security_group.this[0].egress) == 0
    error_message = "The default group has no rules."
  }
}

run "flow_logs_are_written_to_one_group_only" {
  command = apply

  assert {
    condition     = jsondecode(aws_iam_role_policy.flow_logs[0].policy).Statement[0].Resource == "${aws_cloudwatch_log_group.flow_logs[0].arn}:*"
    error_message = aws_iam_role_policy.flow_logs[0].policy
  }
  assert {
    condition     = aws_flow_log.this[0].traffic_type == "ALL"
    error_message = "Accepted and rejected traffic is logged."
  }
}

run "without_flow_logs_there_is_no_role" {
  command = plan

  variables {
    flow_logs = false
  }

  assert {
    condition     = length(aws_flow_log.this) + length(aws_iam_role.flow_logs) + length(aws_cloudwatch_log_group.flow_logs) == 0
    error_message = "Nothing writes flow logs."
  }
}

run "one_nat_gateway_serves_all_zones" {
  command = apply

  variables {
    nat   = "one"
    zones = 3
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_subnet.public) == 3
    error_message = "One gateway; public subnets in each zone, for a load balancer."
  }
  assert {
    condition     = alltrue([for route in aws_route.private : route.nat_gateway_id == aws_nat_gateway.this[0].id]) && length(aws_route.private) == 3
    error_message = "All private routes lead to it."
  }
}

run "a_nat_gateway_in_each_zone" {
  command = apply

  variables {
    nat   = "per-zone"
    zones = 3
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && aws_route.private[*].nat_gateway_id == aws_nat_gateway.this[*].id
    error_message = "Each zone has its own."
  }
  assert {
    condition     = aws_subnet.public[*].cidr_block == ["10.0.3.0/24", "10.0.4.0/24", "10.0.5.0/24"] && aws_nat_gateway.this[*].subnet_id == aws_subnet.public[*].id
    error_message = "Public subnets lie behind the private ones."
  }
}

run "endpoints_serve_this_account_and_those_named" {
  command = plan

  variables {
    interface_endpoints  = ["sts", "secretsmanager", "ssm"]
    endpoint_account_ids = ["210987654321"]
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.service)) == toset(["sts", "secretsmanager", "ssm"])
    error_message = "One endpoint for each service."
  }
  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.service : jsondecode(endpoint.policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == ["123456789012", "210987654321"]])
    error_message = "No other account's principals."
  }
  assert {
    condition     = jsondecode(aws_vpc_endpoint.service["sts"].policy).Statement[0].Action == ["sts:AssumeRole", "sts:GetCallerIdentity"]
    error_message = "Known services allow only what is needed."
  }
  assert {
    condition     = aws_vpc_endpoint.service["ssm"].service_name == "com.amazonaws.eu-west-1.ssm" && aws_vpc_endpoint.service["ssm"].private_dns_enabled
    error_message = "Clients use the service's usual name."
  }
}

run "dual_gives_private_subnets_ipv6" {
  command = apply

  variables {
    ip_version = "dual"
  }

  assert {
    condition     = aws_subnet.private[*].ipv6_cidr_block == ["2001:db8:1234:1a00::/64", "2001:db8:1234:1a01::/64"]
    error_message = "A /64 for each."
  }
}

run "named_zones_are_used" {
  command = plan

  variables {
    zone_names = ["eu-west-1c", "eu-west-1b"]
  }

  assert {
    condition     = aws_subnet.private[*].availability_zone == ["eu-west-1c", "eu-west-1b"]
    error_message = "In the order given."
  }
}

run "a_region_with_two_zones_has_no_three" {
  command = plan

  variables {
    zones      = 3
    zone_names = ["us-west-1a", "us-west-1c"]
  }

  expect_failures = [aws_subnet.private]
}

run "a_public_range_is_refused" {
  command = plan

  variables {
    cidr = "8.8.0.0/16"
  }

  expect_failures = [var.cidr]
}

run "without_create_there_is_nothing" {
  command = plan

  variables {
    create              = false
    nat                 = "per-zone"
    interface_endpoints = ["sts"]
  }

  assert {
    condition     = length(aws_vpc.this) + length(aws_subnet.private) + length(aws_subnet.public) + length(aws_eip.nat) + length(aws_vpc_endpoint.service) + length(aws_flow_log.this) + length(aws_default_security_group.this) == 0
    error_message = "create is false."
  }
  assert {
    condition     = output.vpc_id == null && length(output.private_subnet_ids) == 0
    error_message = "There is nothing to print."
  }
}

run "keys_and_zones_of_the_same_apply_may_be_unknown" {
  command = plan

  module {
    source = "./tests/unknown"
  }

  assert {
    condition     = output.private_cidr == "10.0.0.0/22"
    error_message = "What doesn't depend on them is known."
  }
}
