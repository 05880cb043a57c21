variable "region" {
  description = "Region of everything."
  type        = string
}

variable "proxy_name" {
  description = "Name of the proxy in this account and region."
  type        = string
}

variable "database_user" {
  description = "Database user that logs in by IAM."
  type        = string
}

variable "package_file" {
  description = "The built function, from make package."
  type        = string
  default     = "../../../../target/rds-proxy-probe.zip"
}
