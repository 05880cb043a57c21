# The example as a whole: nothing of it asks AWS. `terraform test` runs it.

mock_provider "aws" {
  alias  = "database"
  source = "../../tests/mocks"
}

mock_provider "aws" {
  alias  = "application"
  source = "../../tests/mocks"
}

override_data {
  target = data.aws_caller_identity.application
  values = { account_id = "210987654321" }
}

variables {
  region                       = "eu-west-1"
  database_account_role_arn    = "arn:aws:iam::123456789012:role/terraform"
  application_account_role_arn = "arn:aws:iam::210987654321:role/terraform"
  proxy_name                   = "app"
  database_user                = "app"
  vpc_id                       = "vpc-0123456789abcdef0"
  subnet_ids                   = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  client_cidr                  = "10.1.0.0/23"
  external_id                  = "5c6f4a3e-0b1d-4f7a-9c55-2f7a0d9c1e42"
  package_file                 = "versions.tf" # any file: nothing is uploaded
}

run "a_plan_knows_what_it_will_create" {
  command = plan
}

run "only_the_probe_s_role_assumes_the_role" {
  command = apply

  assert {
    condition     = jsondecode(aws_iam_role.sign_in.assume_role_policy).Statement[0].Condition.ArnLike["aws:PrincipalArn"] == "arn:aws:iam::210987654321:role/rds-proxy-probe"
    error_message = aws_iam_role.sign_in.assume_role_policy
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.sign_in.policy).Statement[0].Resource == "arn:aws:rds-db:eu-west-1:123456789012:dbuser:prx-0123456789abcdef0/app"
    error_message = "The proxy is the database account's."
  }
  assert {
    condition     = aws_ram_resource_association.subnets[1].resource_arn == "arn:aws:ec2:eu-west-1:210987654321:subnet/subnet-0123456789abcdef1"
    error_message = "The subnets are the application account's."
  }
}
