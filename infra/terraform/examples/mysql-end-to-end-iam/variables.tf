variable "region" {
  description = "Region of everything."
  type        = string
}

variable "name" {
  description = "Beginning of all names."
  type        = string
  default     = "example-mysql"
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

variable "image" {
  description = "Container image of the application. It listens on application_port and answers GET / with 200."
  type        = string
  default     = "public.ecr.aws/nginx/nginx-unprivileged:stable"
}

variable "application_port" {
  description = "Port that the application listens on."
  type        = number
  default     = 8080
}

variable "certificate_arn" {
  description = "Certificate of the load balancer, in AWS Certificate Manager."
  type        = string
}

variable "client_cidr" {
  description = "Addresses that may connect to the load balancer, such as those of your office."
  type        = string
}
