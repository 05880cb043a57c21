variable "create" {
  description = "Whether to create anything."
  type        = bool
  default     = true
}

variable "name" {
  description = "Name of the function, and the beginning of the other names. The users are marked with it in the database, so it can't change, and each use of this module at one database server needs another one."
  type        = string
  default     = "database-users"

  validation {
    # A role's prefix has at most 38 characters.
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9-]{0,36}$", var.name))
    error_message = "Letters, digits and hyphens, a letter first, at most 37."
  }
}

variable "tags" {
  description = "Tags of everything that takes tags."
  type        = map(string)
  default     = {}
}

variable "package_file" {
  description = "The built function: target/db-users.zip, from make package."
  type        = string
  default     = null
}

variable "package_s3" {
  description = "Instead of package_file: the S3 object that has the built function, and its version."
  type = object({
    bucket  = string
    key     = string
    version = optional(string)
  })
  default = null
}

variable "architecture" {
  description = "Instruction set of the function, arm64 or x86_64; the build must match it."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "arm64 or x86_64."
  }
}

variable "engine" {
  description = "The proxy's engine: postgresql, or mysql for RDS for MySQL, Aurora MySQL and MariaDB."
  type        = string
  default     = "postgresql"

  validation {
    condition     = contains(["postgresql", "mysql"], var.engine)
    error_message = "postgresql or mysql."
  }
}

variable "proxy_arn" {
  description = "ARN of the proxy itself, or its id, prx-..., which the permission rds-db:connect needs."
  type        = string
}

variable "proxy_endpoint" {
  description = "Host name of the proxy, or of one of its endpoints that can write, as RDS prints it."
  type        = string
}

variable "master_username" {
  description = "User that is allowed to create users. It must be able to log in to the proxy by IAM: its secret is registered there with IAM required."
  type        = string

  validation {
    condition     = can(regex("^[^*?$]+$", var.master_username))
    error_message = "A user name; a wildcard would grant more than this one user."
  }
}

variable "database_name" {
  description = "Database of the grants. It can't change: remove the users in one apply, and add them in the next."
  type        = string
}

variable "scheme" {
  description = "How the proxy logs in to the database as these users, its default_auth_scheme: IAM_AUTH, or SECRETS for its NONE."
  type        = string
  default     = "IAM_AUTH"

  validation {
    condition     = contains(["IAM_AUTH", "SECRETS"], var.scheme)
    error_message = "IAM_AUTH or SECRETS."
  }
}

variable "users" {
  description = "The users that should exist, by name. grant is none, connect, read-only or read-write; schemas belong to the last two; secret_arn is the secret with the user's password, with scheme SECRETS alone."
  type = map(object({
    grant      = string
    schemas    = optional(list(string))
    secret_arn = optional(string)
  }))

  validation {
    condition     = alltrue([for user in var.users : contains(["none", "connect", "read-only", "read-write"], user.grant)])
    error_message = "A grant is none, connect, read-only or read-write."
  }
}

variable "users_version" {
  description = "Any text. A change applies the users again: to tables that a migration made since, and after an update that failed, which Terraform takes for done."
  type        = string
  default     = "1"
}

variable "secrets_access" {
  description = "How the function reaches Secrets Manager with scheme SECRETS: endpoint (endpoint_security_group_id) or internet (as the route tables lead). With IAM_AUTH: none."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "endpoint", "internet"], var.secrets_access)
    error_message = "none, endpoint or internet."
  }
}

variable "endpoint_security_group_id" {
  description = "With secrets_access endpoint: security group of an interface endpoint for Secrets Manager with private DNS."
  type        = string
  default     = null
}

variable "secrets_kms_key_arn" {
  description = "Your own KMS key of the users' secrets. Nothing: AWS's key, which needs no permission."
  type        = string
  default     = null
}

variable "vpc_id" {
  description = "VPC of the subnets."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets that reach the proxy."
  type        = list(string)
}

variable "proxy_security_group_id" {
  description = "Security group of the proxy. A rule that allows the function is added to it."
  type        = string
}

variable "iam_role_path" {
  description = "Path of the function's role."
  type        = string
  default     = "/"
}

variable "iam_role_permissions_boundary" {
  description = "ARN of the policy that is the permissions boundary of this role."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "Your own KMS key for the function's environment."
  type        = string
  default     = null
}

variable "log_kms_key_arn" {
  description = "Your own KMS key for the log group. Its policy must allow CloudWatch Logs to use it."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How many days logs are kept."
  type        = number
  default     = 30
}
