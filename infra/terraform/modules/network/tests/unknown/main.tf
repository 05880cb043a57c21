# Every input that can come from another resource does, so that a plan knows none of these values.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "terraform_data" "made" {
  for_each = {
    zone     = "eu-west-1a"
    account  = "210987654321"
    key_arn  = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    boundary = "arn:aws:iam::123456789012:policy/boundary"
  }

  input = each.value
}

module "network" {
  source = "../.."

  name                          = "app"
  nat                           = "per-zone"
  zone_names                    = [terraform_data.made["zone"].output, "eu-west-1b"]
  interface_endpoints           = ["sts"]
  endpoint_account_ids          = [terraform_data.made["account"].output]
  log_kms_key_arn               = terraform_data.made["key_arn"].output
  iam_role_permissions_boundary = terraform_data.made["boundary"].output
}

output "private_cidr" {
  description = "One range that covers the private subnets."
  value       = module.network.private_cidr
}
