# The same parameters as template.yaml's, under the same names in Terraform's spelling; first what
# Terraform alone has.

variable "create" {
  description = "Whether to create anything."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of everything that takes tags."
  type        = map(string)
  default     = {}
}

variable "known_after_apply" {
  description = "Names of those optional inputs whose values come from resources of the same apply, such as assume_role_arn. Terraform decides what to create before it knows these values."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(var.known_after_apply, [
      "assume_role_arn", "endpoint_security_group_id", "function_role_arn", "function_security_group_ids",
      "log_group_name", "proxy_cidr", "proxy_ipv6_cidr",
    ])) == 0
    error_message = "assume_role_arn, endpoint_security_group_id, function_role_arn, function_security_group_ids, log_group_name, proxy_cidr and proxy_ipv6_cidr. Other inputs need not be listed."
  }
}

variable "name" {
  description = "Name of the function, its role, log group, schedule and alarms."
  type        = string
  default     = "rds-proxy-probe"

  validation {
    # 64 is the limit of a role's name, less the longest suffix that is put behind it.
    condition     = can(regex("^[a-zA-Z0-9-_]{1,54}$", var.name))
    error_message = "Letters, digits, - and _, at most 54."
  }
}

variable "package_file" {
  description = "The built function: target/rds-proxy-probe.zip, from make package."
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

variable "iam_role_path" {
  description = "Path of the roles that are created."
  type        = string
  default     = "/"
}

variable "iam_role_permissions_boundary" {
  description = "ARN of the policy that is the permissions boundary of these roles."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "Your own KMS key for the function's environment and its schedule."
  type        = string
  default     = null
}

variable "log_kms_key_arn" {
  description = "Your own KMS key for the log group. Its policy must allow CloudWatch Logs to use it."
  type        = string
  default     = null
}

variable "engine" {
  description = "The proxy's engine: postgresql, or mysql for RDS for MySQL, Aurora MySQL and MariaDB (DB_ENGINE)."
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

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:rds:[a-z0-9-]+:[0-9]{12}:db-proxy:)?prx-[a-z0-9]+$", var.proxy_arn))
    error_message = "An ARN such as arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0, or its last part."
  }
}

variable "proxy_endpoint" {
  description = "Host name of the proxy, or of one of its other endpoints, as RDS prints it (DB_HOST)."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.endpoint)?\\.proxy-[a-z0-9]+\\.([a-z0-9-]+\\.rds|rds\\.[a-z0-9-]+)\\.(amazonaws\\.(com(\\.cn)?|eu)|c2s\\.ic\\.gov|sc2s\\.sgov\\.gov|cloud\\.adc-e\\.uk|csp\\.hci\\.ic\\.gov)$", var.proxy_endpoint))
    error_message = "A proxy endpoint such as app.proxy-abc123.eu-west-1.rds.amazonaws.com."
  }
}

variable "database_port" {
  description = "Port of the endpoint (DB_PORT). Nothing: 5432, or 3306 with mysql."
  type        = number
  default     = null

  validation {
    condition     = var.database_port == null ? true : var.database_port >= 1 && var.database_port <= 65535
    error_message = "A port: 1 to 65535."
  }
}

variable "database_name" {
  description = "Database to connect to (DB_NAME). Nothing: postgres; with mysql no database."
  type        = string
  default     = null

  validation {
    condition     = var.database_name == null ? true : length(var.database_name) >= 1 && length(var.database_name) <= 64
    error_message = "1 to 63 characters; with mysql 64."
  }
}

variable "database_user" {
  description = "Database user that logs in by IAM (DB_USER). Leave it empty with a secret: the secret names the user."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[^*?$]{0,63}$", var.database_user))
    error_message = "A user name; a wildcard would grant more than this one user."
  }
}

variable "expect_role" {
  description = "Any other role is reported as degraded (DB_EXPECT_ROLE)."
  type        = string
  default     = "any"

  validation {
    condition     = contains(["any", "writer", "reader"], var.expect_role)
    error_message = "any, writer or reader."
  }
}

variable "auth_method" {
  description = "iam: a token instead of a password. secret: user and password from secret_arn (DB_AUTH)."
  type        = string
  default     = "iam"

  validation {
    condition     = contains(["iam", "secret"], var.auth_method)
    error_message = "iam or secret."
  }
}

variable "secret_arn" {
  description = "Secret with username and password, with auth_method secret (DB_SECRET_ARN)."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*?$]+-[a-zA-Z0-9]{6})?$", var.secret_arn))
    error_message = "An ARN such as arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf, or nothing."
  }
}

variable "secret_key_arn" {
  description = "ARN of the secret's KMS key, if it is your own. Nothing for aws/secretsmanager, which needs no permission."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+)?$", var.secret_key_arn))
    error_message = "The ARN of a key, not of an alias, or nothing."
  }
}

variable "assume_role_arn" {
  description = "Role to assume first (DB_ASSUME_ROLE_ARN). This role, not the function's, then needs the permissions to log in, read the secret and explain."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*?$]+)?$", var.assume_role_arn))
    error_message = "The ARN of one role, or nothing."
  }
}

variable "assume_role_external_id" {
  description = "External ID that the role's trust policy requires (DB_ASSUME_ROLE_EXTERNAL_ID)."
  type        = string
  default     = ""

  validation {
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    condition     = can(regex("^[a-zA-Z0-9+=,.@:/_-]*$", var.assume_role_external_id)) && length(var.assume_role_external_id) != 1
    error_message = "2 to 1224 letters, digits or +=,.@:/_-, or nothing."
  }
}

variable "vpc_id" {
  description = "VPC of the subnets."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets for the function that reach the proxy."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "At least one subnet."
  }
}

variable "proxy_security_group_id" {
  description = "Security group of the proxy. By default the probe can connect to nothing else."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(sg-[0-9a-f]+)?$", var.proxy_security_group_id))
    error_message = "The id of a security group, or nothing."
  }
}

variable "proxy_cidr" {
  description = "Instead of the group: the addresses of the proxy's subnets, if the group belongs to another account or another VPC."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([0-9]{1,3}(\\.[0-9]{1,3}){3}/(1[6-9]|2[0-9]|3[0-2]))?$", var.proxy_cidr))
    error_message = "An IPv4 range of /16 or less, such as 10.0.0.0/20, or nothing."
  }
}

variable "proxy_ipv6_cidr" {
  description = "Instead of the group, with ip_version dual: the IPv6 addresses of the proxy's subnets, with or without proxy_cidr."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([0-9a-f:]{2,39}/(5[6-9]|6[0-4]|1[01][0-9]|12[0-8]))?$", var.proxy_ipv6_cidr))
    error_message = "An IPv6 range of /56 or less, such as 2001:db8:1234:1a00::/56, or nothing."
  }
}

variable "ip_version" {
  description = "dual: the function has an IPv6 address as well, for a proxy whose endpoint_network_type is IPV6 or DUAL. The subnets need both."
  type        = string
  default     = "ipv4"

  validation {
    condition     = contains(["ipv4", "dual"], var.ip_version)
    error_message = "ipv4 or dual."
  }
}

variable "function_role_arn" {
  description = "Role that the function runs as, such as that of the application's function. No role is created; if this one lacks a permission, the probe reports it. To write logs it needs the permissions in the output role_needs."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*?$]+)?$", var.function_role_arn))
    error_message = "The ARN of one role, or nothing."
  }
}

variable "function_security_group_ids" {
  description = "Security groups of the function, such as those of the application's function. No group or rule is created; if these block the connection, the probe reports it."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.function_security_group_ids) <= 5 && alltrue([for id in var.function_security_group_ids : can(regex("^sg-[0-9a-f]+$", id))])
    error_message = "At most five ids of security groups."
  }
}

variable "log_group_name" {
  description = "Existing log group to log to, such as that of the application, which its role is allowed to write to. Nothing: one is created."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[.\\-_/#A-Za-z0-9]{0,512}$", var.log_group_name))
    error_message = "The name of a log group, or nothing."
  }
}

variable "open_proxy_port" {
  description = "Whether to add a rule to that group that allows the probe. false: the rule exists, or the group isn't yours to change."
  type        = bool
  default     = true
}

variable "service_access" {
  description = "How the function reaches Secrets Manager, STS and RDS. none: not at all. endpoints: through VPC endpoints. internet: through the subnets' NAT."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "endpoints", "internet"], var.service_access)
    error_message = "none, endpoints or internet."
  }
}

variable "endpoint_security_group_id" {
  description = "With endpoints: the security group of existing interface endpoints with private DNS. Nothing: the endpoints that are needed are created here."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(sg-[0-9a-f]+)?$", var.endpoint_security_group_id))
    error_message = "The id of a security group, or nothing."
  }
}

variable "schedule_expression" {
  description = "How often to probe, such as rate(1 minute), in EventBridge Scheduler's syntax. Nothing: only when invoked, and without alarms."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^((rate|cron)\\([^()]+\\))?$", var.schedule_expression))
    error_message = "rate(...), cron(...) or nothing."
  }
}

variable "flexible_window_minutes" {
  description = "Minutes within which a scheduled probe can start, to spread many of them. 0: on time."
  type        = number
  default     = 0

  validation {
    condition     = var.flexible_window_minutes >= 0 && var.flexible_window_minutes <= 1440
    error_message = "0 to 1440 minutes."
  }
}

variable "alarm_topic_arn" {
  description = "SNS topic that is notified when an alarm starts and ends. Nothing: no notifications."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]+)?$", var.alarm_topic_arn))
    error_message = "The ARN of a standard topic, or nothing."
  }
}

variable "alarm_period_s" {
  description = "Period of the alarms in seconds; not shorter than the schedule's interval."
  type        = number
  default     = 300

  validation {
    condition     = contains([60, 300, 900, 3600, 21600], var.alarm_period_s)
    error_message = "60, 300, 900, 3600 or 21600 seconds."
  }
}

variable "explain" {
  description = "After a failure, ask the RDS control plane for evidence (PROBE_EXPLAIN)."
  type        = bool
  default     = false
}

variable "probe_timeout_ms" {
  description = "Upper bound of one probe in milliseconds (PROBE_TIMEOUT_MS); the function's timeout is 15 s."
  type        = number
  default     = 5000

  validation {
    condition     = var.probe_timeout_ms >= 100 && var.probe_timeout_ms <= 14000
    error_message = "100 to 14000 milliseconds."
  }
}

variable "session_max_age_s" {
  description = "A kept session older than this is replaced (DB_SESSION_MAX_AGE_S)."
  type        = number
  default     = 300

  validation {
    condition     = var.session_max_age_s >= 0 && var.session_max_age_s <= 86400
    error_message = "0 to 86400 seconds."
  }
}

variable "fail_invocation" {
  description = "Whether an unhealthy probe fails the invocation (PROBE_FAIL_INVOCATION)."
  type        = bool
  default     = false
}

variable "reserve_concurrency" {
  description = "Whether to reserve one concurrent execution, so that one execution environment keeps the session. Fails in accounts with a limit of 10, which new accounts have: Lambda keeps 10 unreserved."
  type        = bool
  default     = false
}

variable "tracing" {
  description = "Whether AWS X-Ray traces the function."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "How many days to keep logs."
  type        = number
  default     = 30

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "A retention that CloudWatch Logs knows, such as 30."
  }
}

variable "architecture" {
  description = "Instruction set of the function; the package must be built for it."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "arm64 or x86_64."
  }
}

variable "memory_size" {
  description = "Memory of the function in MB."
  type        = number
  default     = 128

  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240
    error_message = "128 to 10240 MB."
  }
}
