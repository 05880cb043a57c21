# The module's own tests: nothing of them asks AWS. `terraform test` runs them.

mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  vpc_id    = "vpc-0123456789abcdef0"
  subnet_id = "subnet-0123456789abcdef0"
  targets   = { proxy = { security_group_id = "sg-0123456789abcdef0", port = 5432 } }
}

run "no_port_is_open" {
  command = apply

  assert {
    condition     = !aws_instance.this[0].associate_public_ip_address && length(aws_security_group.this[0].ingress) == 0
    error_message = "No public address and no way in."
  }
  assert {
    condition     = aws_instance.this[0].metadata_options[0].http_tokens == "required" && aws_instance.this[0].root_block_device[0].encrypted
    error_message = "Credentials need a token to be read, and the disk is encrypted."
  }
}

run "it_reaches_its_targets_and_https" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_egress_rule.target["proxy"].from_port == 5432 && aws_vpc_security_group_ingress_rule.target["proxy"].security_group_id == "sg-0123456789abcdef0"
    error_message = "Both groups have the rule."
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.https[0].to_port == 443
    error_message = "Systems Manager is reached by HTTPS."
  }
}

run "its_role_opens_sessions_and_nothing_else" {
  command = plan

  assert {
    condition     = alltrue([for action in jsondecode(aws_iam_role_policy.this[0].policy).Statement[0].Action : action == "ssm:UpdateInstanceInformation" || startswith(action, "ssmmessages:")]) && length(jsondecode(aws_iam_role_policy.this[0].policy).Statement) == 1
    error_message = aws_iam_role_policy.this[0].policy
  }
}

run "without_create_there_is_nothing" {
  command = plan

  variables {
    create = false
  }

  assert {
    condition     = length(aws_instance.this) + length(aws_security_group.this) + length(aws_iam_role.this) + length(aws_iam_instance_profile.this) + length(aws_vpc_security_group_ingress_rule.target) == 0
    error_message = "create is false."
  }
  assert {
    condition     = output.instance_id == null && output.tunnel_command == null
    error_message = "There is nothing to print."
  }
}

run "targets_of_the_same_apply_may_be_unknown" {
  command = plan

  module {
    source = "./tests/unknown"
  }

  assert {
    condition     = output.targets == "proxy"
    error_message = "Rules depend on the targets' names alone."
  }
}
