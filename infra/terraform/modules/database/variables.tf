variable "create" {
  description = "Whether to create anything."
  type        = bool
  default     = true
}

variable "name" {
  description = "Name of the database, and the beginning of the other names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,38}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "Lower-case letters, digits and single hyphens, a letter first, no hyphen last, 2 to 40."
  }
}

variable "tags" {
  description = "Tags of everything that takes tags."
  type        = map(string)
  default     = {}
}

variable "engine" {
  description = "aurora-postgresql or aurora-mysql (Serverless v2), or mysql (RDS for MySQL)."
  type        = string

  validation {
    condition     = contains(["aurora-postgresql", "aurora-mysql", "mysql"], var.engine)
    error_message = "aurora-postgresql, aurora-mysql or mysql."
  }
}

variable "engine_version" {
  description = "Version of the engine. Nothing: the newest of 17, 8.0.mysql_aurora.3.10 or 8.4. To list a region's versions: aws rds describe-db-engine-versions --engine ENGINE."
  type        = string
  default     = null
}

variable "vpc_id" {
  description = "VPC of the subnets."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in at least two zones."
  type        = list(string)
}

variable "database_name" {
  description = "Database to create."
  type        = string
  default     = "app"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "Lower-case letters, digits and _, a letter first, at most 63."
  }
}

variable "master_username" {
  description = "The database's first user, which creates the others. RDS generates its password and keeps it in a secret."
  type        = string
  default     = "dbadmin"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,15}$", var.master_username))
    error_message = "Lower-case letters, digits and _, a letter first, at most 16."
  }
}

variable "min_capacity" {
  description = "Aurora: minimum capacity in units of about 2 GiB. 0, which pauses an idle cluster, is not possible: a proxy's own connections keep the database awake."
  type        = number
  default     = 0.5

  validation {
    condition     = var.min_capacity >= 0.5 && var.min_capacity <= 256
    error_message = "0.5 to 256."
  }
}

variable "max_capacity" {
  description = "Aurora: maximum capacity; it limits the number of connections too."
  type        = number
  default     = 2

  validation {
    condition     = var.max_capacity >= 1 && var.max_capacity <= 256
    error_message = "1 to 256."
  }
}

variable "readers" {
  description = "Aurora: number of further instances, to fail over to and to read from."
  type        = number
  default     = 0

  validation {
    condition     = var.readers >= 0 && var.readers <= 15
    error_message = "0 to 15."
  }
}

variable "instance_class" {
  description = "mysql: class of the instance."
  type        = string
  default     = "db.t4g.medium"
}

variable "allocated_storage" {
  description = "mysql: storage in GiB."
  type        = number
  default     = 20
}

variable "multi_az" {
  description = "mysql: whether there is a standby in another zone."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "Your own KMS key for storage, the master user's secret and Performance Insights. Nothing: AWS's keys."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether RDS refuses to delete the database until this is turned off."
  type        = bool
  default     = true
}

variable "skip_final_snapshot" {
  description = "Whether to delete the database without a final snapshot. false: the snapshot NAME-final remains and costs money."
  type        = bool
  default     = false
}

variable "backup_retention_days" {
  description = "How many days to keep automatic backups."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "1 to 35."
  }
}

variable "log_retention_days" {
  description = "How many days to keep the database's logs."
  type        = number
  default     = 30
}

variable "log_kms_key_arn" {
  description = "Your own KMS key for the log groups. Its policy must allow CloudWatch Logs to use it."
  type        = string
  default     = null
}
