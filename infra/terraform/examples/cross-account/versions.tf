terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  alias  = "database"
  region = var.region

  assume_role {
    role_arn = var.database_account_role_arn
  }
}

provider "aws" {
  alias  = "application"
  region = var.region

  assume_role {
    role_arn = var.application_account_role_arn
  }
}
