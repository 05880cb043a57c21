variable "region" {
  description = "Region of everything."
  type        = string
}

variable "name" {
  description = "Beginning of all names."
  type        = string
  default     = "example-postgresql"
}

variable "keep_data" {
  description = "Whether the database can't be deleted, and leaves a final snapshot if it is."
  type        = bool
  default     = true
}

variable "package_file" {
  description = "The built function, from make package."
  type        = string
  default     = "../../../../target/rds-proxy-probe.zip"
}

variable "users_package_file" {
  description = "The built function that makes the database users, from make package-users."
  type        = string
  default     = "../../../../target/db-users.zip"
}
