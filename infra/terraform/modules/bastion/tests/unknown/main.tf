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
    vpc_id    = "vpc-0123456789abcdef0"
    subnet_id = "subnet-0123456789abcdef0"
    group_id  = "sg-0123456789abcdef0"
    key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/1234"
  }

  input = each.value
}

module "bastion" {
  source = "../.."

  vpc_id      = terraform_data.made["vpc_id"].output
  subnet_id   = terraform_data.made["subnet_id"].output
  targets     = { proxy = { security_group_id = terraform_data.made["group_id"].output, port = 5432 } }
  kms_key_arn = terraform_data.made["key_arn"].output
}

output "targets" {
  description = "What the instance connects to, by name."
  value       = "proxy"

  depends_on = [module.bastion]
}
