variable "create" {
  description = "Whether to create anything."
  type        = bool
  default     = true
}

variable "name" {
  description = "Name of the instance, and the beginning of the other names."
  type        = string
  default     = "bastion"

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

variable "vpc_id" {
  description = "VPC of the subnet."
  type        = string
}

variable "subnet_id" {
  description = "Private subnet that reaches Systems Manager: through NAT, or through interface endpoints for ssm and ssmmessages."
  type        = string
}

variable "targets" {
  description = "What the instance may connect to, by names of your choice: security groups and ports. A rule that allows the instance is added to each group."
  type = map(object({
    security_group_id = string
    port              = number
  }))
}

variable "instance_type" {
  description = "Type of the instance, an arm64 one."
  type        = string
  default     = "t4g.nano"
}

variable "kms_key_arn" {
  description = "Your own KMS key for the instance's disk. Nothing: AWS's key."
  type        = string
  default     = null
}

variable "iam_role_path" {
  description = "Path of the instance's role and profile."
  type        = string
  default     = "/"
}

variable "iam_role_permissions_boundary" {
  description = "ARN of the policy that is the permissions boundary of this role."
  type        = string
  default     = null
}
