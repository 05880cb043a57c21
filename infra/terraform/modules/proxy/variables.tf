variable "create" {
  description = "Whether to create anything."
  type        = bool
  default     = true
}

variable "name" {
  description = "Name of the proxy, and the beginning of the other names."
  type        = string

  validation {
    # A role's prefix has at most 38 characters.
    condition     = can(regex("^[a-z][a-z0-9-]{0,35}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "Lower-case letters, digits and single hyphens, a letter first, no hyphen last, 2 to 37."
  }
}

variable "tags" {
  description = "Tags of everything that takes tags."
  type        = map(string)
  default     = {}
}

variable "engine_family" {
  description = "POSTGRESQL or MYSQL."
  type        = string

  validation {
    condition     = contains(["POSTGRESQL", "MYSQL"], var.engine_family)
    error_message = "POSTGRESQL or MYSQL."
  }
}

variable "vpc_id" {
  description = "VPC of the subnets. RDS Proxy doesn't support VPCs with dedicated tenancy."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in at least two zones where RDS Proxy is available. Other subnets create another proxy, with another host name."
  type        = list(string)
}

variable "cluster_identifier" {
  description = "Aurora cluster behind the proxy."
  type        = string
  default     = null
}

variable "instance_identifier" {
  description = "Instead of cluster_identifier: the RDS instance behind the proxy."
  type        = string
  default     = null
}

variable "database_security_group_id" {
  description = "Security group of the database. A rule that allows the proxy is added to it."
  type        = string
}

variable "database_port" {
  description = "Port of the database. Nothing: 5432, or 3306 with MYSQL. The proxy itself always listens on that one."
  type        = number
  default     = null
}

variable "default_auth_scheme" {
  description = "IAM_AUTH: the proxy logs in to the database by IAM, as iam_users. NONE: with the passwords in secrets. Clients log in to the proxy by IAM either way, unless iam_auth of a secret says otherwise."
  type        = string
  default     = "IAM_AUTH"

  validation {
    condition     = contains(["IAM_AUTH", "NONE"], var.default_auth_scheme)
    error_message = "IAM_AUTH or NONE."
  }
}

variable "iam_users" {
  description = "With IAM_AUTH: database users that the proxy may log in to the database as."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for user in var.iam_users : can(regex("^[^*?$]{1,63}$", user))])
    error_message = "User names; a wildcard would grant more than these users."
  }
}

variable "database_resource_id" {
  description = "With IAM_AUTH: the database's resource id, cluster-... or db-..., which the permission rds-db:connect needs."
  type        = string
  default     = null
}

variable "secrets" {
  description = "Secrets with the username and password of database users, by names of your choice; with IAM_AUTH those of users that have a password all the same, such as the master user. kms_key_arn is for a key of your own. iam_auth: whether clients log in as the user by IAM (REQUIRED), or with the password (DISABLED)."
  type = map(object({
    secret_arn                = string
    kms_key_arn               = optional(string)
    iam_auth                  = optional(string, "REQUIRED")
    client_password_auth_type = optional(string)
  }))
  default = {}
}

variable "clients" {
  description = "Security groups that may connect to the proxy, by names of your choice. Not the probe's: its module adds its own rule."
  type        = map(string)
  default     = {}
}

variable "endpoints" {
  description = "Further endpoints, by name; the proxy's name is put before it. target_role READ_ONLY needs a reader in the Aurora cluster. Without subnet_ids and security_group_ids they are the proxy's."
  type = map(object({
    target_role        = optional(string, "READ_WRITE")
    subnet_ids         = optional(list(string))
    security_group_ids = optional(list(string))
  }))
  default = {}
}

variable "endpoint_network_type" {
  description = "IP versions for clients: IPV4, IPV6 or DUAL, all in subnets that have them. Another value creates another proxy, with another host name."
  type        = string
  default     = "IPV4"

  validation {
    condition     = contains(["IPV4", "IPV6", "DUAL"], var.endpoint_network_type)
    error_message = "IPV4, IPV6 or DUAL."
  }
}

variable "idle_client_timeout_s" {
  description = "Seconds after which the proxy closes an idle client's connection."
  type        = number
  default     = 1800

  validation {
    condition     = var.idle_client_timeout_s >= 60 && var.idle_client_timeout_s <= 28800
    error_message = "60 to 28800 seconds."
  }
}

variable "connection_borrow_timeout_s" {
  description = "Seconds that a client's query waits for a database connection if all are in use."
  type        = number
  default     = 120

  validation {
    condition     = var.connection_borrow_timeout_s >= 0 && var.connection_borrow_timeout_s <= 300
    error_message = "0 to 300 seconds."
  }
}

variable "max_connections_percent" {
  description = "Share of the database's max_connections that the proxy can use."
  type        = number
  default     = 90

  validation {
    condition     = var.max_connections_percent >= 1 && var.max_connections_percent <= 100
    error_message = "1 to 100."
  }
}

variable "max_idle_connections_percent" {
  description = "Share of max_connections that the proxy can keep open unused; not above max_connections_percent."
  type        = number
  default     = 50

  validation {
    condition     = var.max_idle_connections_percent >= 0 && var.max_idle_connections_percent <= 100
    error_message = "0 to 100."
  }
}

variable "init_query" {
  description = "SQL that the proxy runs on each new database connection."
  type        = string
  default     = null
}

variable "session_pinning_filters" {
  description = "EXCLUDE_VARIABLE_SETS: SET statements don't pin a session."
  type        = list(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.session_pinning_filters, ["EXCLUDE_VARIABLE_SETS"])) == 0
    error_message = "EXCLUDE_VARIABLE_SETS."
  }
}

variable "debug_logging" {
  description = "Whether the proxy logs details, such as why it rejects a login and why it pins a session. RDS turns it off after 24 hours. Statements may be logged."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "How many days to keep the proxy's log."
  type        = number
  default     = 30
}

variable "log_kms_key_arn" {
  description = "Your own KMS key for the log group. Its policy must allow CloudWatch Logs to use it."
  type        = string
  default     = null
}

variable "iam_role_path" {
  description = "Path of the proxy's role."
  type        = string
  default     = "/"
}

variable "iam_role_permissions_boundary" {
  description = "ARN of the policy that is the permissions boundary of this role."
  type        = string
  default     = null
}
