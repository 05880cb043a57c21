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
    vpc_id  = "vpc-0123456789abcdef0"
    subnet  = "subnet-0123456789abcdef0"
    key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234"
  }

  input = each.value
}

module "database" {
  source   = "../.."
  for_each = { aurora = "aurora-postgresql", mysql = "mysql" }

  name            = each.key
  engine          = each.value
  vpc_id          = terraform_data.made["vpc_id"].output
  subnet_ids      = [terraform_data.made["subnet"].output]
  kms_key_arn     = terraform_data.made["key_arn"].output
  log_kms_key_arn = terraform_data.made["key_arn"].output
}

output "ports" {
  description = "Ports of the databases."
  value       = { for name, database in module.database : name => database.port }
}
