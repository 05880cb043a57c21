variable "region" {
  description = "Region of everything."
  type        = string
}

variable "database_account_role_arn" {
  description = "Role in the database's account that Terraform assumes."
  type        = string
}

variable "application_account_role_arn" {
  description = "Role in the application's account that Terraform assumes."
  type        = string
}

variable "proxy_name" {
  description = "Name of the proxy, in the database's account."
  type        = string
}

variable "database_user" {
  description = "Database user that logs in by IAM."
  type        = string
}

variable "vpc_id" {
  description = "VPC of the application."
  type        = string
}

variable "subnet_ids" {
  description = "Two subnets of that VPC, in two zones. They are shared with the database's account, and the proxy gets an endpoint in them."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) == 2
    error_message = "Two subnets."
  }
}

variable "client_cidr" {
  description = "One range that covers these subnets. Two adjacent /24 are a /23."
  type        = string
}

variable "external_id" {
  description = "External ID that the probe sends to assume the role. Make one up, such as a UUID."
  type        = string
}

variable "package_file" {
  description = "The built function, from make package."
  type        = string
  default     = "../../../../target/rds-proxy-probe.zip"
}
