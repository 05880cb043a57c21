variable "create" {
  description = "Whether to create anything."
  type        = bool
  default     = true
}

variable "name" {
  description = "Name of the VPC, and the beginning of the other names."
  type        = string

  validation {
    # A role's prefix has at most 38 characters.
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9-]{0,24}$", var.name))
    error_message = "Letters, digits and hyphens, a letter first, at most 25."
  }
}

variable "tags" {
  description = "Tags of everything that takes tags."
  type        = map(string)
  default     = {}
}

variable "cidr" {
  description = "IPv4 addresses of the VPC, /16 to /20. Each subnet gets 256 of them; RDS Proxy takes up to 215 of a VPC's."
  type        = string
  default     = "10.0.0.0/20"

  validation {
    condition     = can(regex("^(10|172\\.(1[6-9]|2[0-9]|3[01])|192\\.168)(\\.[0-9]{1,3}){1,3}/(1[6-9]|20)$", var.cidr))
    error_message = "A private range of /16 to /20, such as 10.0.0.0/20."
  }
}

variable "ip_version" {
  description = "dual: the VPC and its private subnets have IPv6 addresses too, routed only inside the VPC."
  type        = string
  default     = "ipv4"

  validation {
    condition     = contains(["ipv4", "dual"], var.ip_version)
    error_message = "ipv4 or dual."
  }
}

variable "zones" {
  description = "How many availability zones have subnets."
  type        = number
  default     = 2

  validation {
    condition     = contains([2, 3], var.zones)
    error_message = "2 or 3."
  }
}

variable "zone_names" {
  description = "The zones, such as eu-west-1a; at least as many as zones. Empty: the region's first ones where RDS Proxy is available."
  type        = list(string)
  default     = []
}

variable "nat" {
  description = "How the private subnets reach the internet. none: not at all. one: through one NAT gateway. per-zone: through one in each zone."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "one", "per-zone"], var.nat)
    error_message = "none, one or per-zone."
  }
}

variable "interface_endpoints" {
  description = "AWS services with an interface endpoint in the private subnets, such as sts, secretsmanager and rds; for a bastion without NAT ssm and ssmmessages."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.interface_endpoints : can(regex("^[a-z][a-z0-9.-]+$", service))])
    error_message = "The last part of service names, such as sts."
  }
}

variable "endpoint_account_ids" {
  description = "Other accounts that use the interface endpoints, from subnets that are shared with them."
  type        = list(string)
  default     = []
}

variable "flow_logs" {
  description = "Whether to write the VPC's flow logs to CloudWatch Logs."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How many days to keep flow logs."
  type        = number
  default     = 30
}

variable "log_kms_key_arn" {
  description = "Your own KMS key for the flow logs. Its policy must allow CloudWatch Logs to use it."
  type        = string
  default     = null
}

variable "iam_role_path" {
  description = "Path of the role that writes flow logs."
  type        = string
  default     = "/"
}

variable "iam_role_permissions_boundary" {
  description = "ARN of the policy that is the permissions boundary of this role."
  type        = string
  default     = null
}
