# An instance that is reached through Systems Manager's Session Manager: no open port, no key pair, no
# public address.

data "aws_region" "current" {}

data "aws_ssm_parameter" "amazon_linux" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

locals {
  count   = var.create ? 1 : 0
  targets = { for name, target in var.targets : name => target if var.create }
}

resource "aws_instance" "this" {
  # checkov:skip=CKV_AWS_126: the figures of every minute cost money and say nothing of a tunnel
  # checkov:skip=CKV_AWS_135: instances of this type are always optimized for EBS
  count = local.count

  ami                         = data.aws_ssm_parameter.amazon_linux.insecure_value
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = aws_security_group.this[*].id
  iam_instance_profile        = aws_iam_instance_profile.this[0].name
  associate_public_ip_address = false

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    encrypted  = true
    kms_key_id = var.kms_key_arn
  }

  tags        = merge(var.tags, { Name = var.name })
  volume_tags = merge(var.tags, { Name = var.name })

  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    # A newer image is no reason for another instance: to get one, replace the instance.
    ignore_changes = [ami]
  }
}

resource "aws_security_group" "this" {
  count = local.count

  name_prefix = "${var.name}-"
  description = "A bastion, which only opens connections"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "https" {
  count = local.count

  security_group_id = aws_security_group.this[0].id
  description       = "Systems Manager by HTTPS, as far as the route tables lead"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = var.tags
}

resource "aws_vpc_security_group_egress_rule" "target" {
  for_each = local.targets

  security_group_id            = aws_security_group.this[0].id
  description                  = "Target ${each.key}"
  referenced_security_group_id = each.value.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port

  tags = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "target" {
  for_each = local.targets

  security_group_id            = each.value.security_group_id
  description                  = "A bastion"
  referenced_security_group_id = aws_security_group.this[0].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port

  tags = var.tags
}

resource "aws_iam_role" "this" {
  count = local.count

  name_prefix          = "${var.name}-"
  path                 = var.iam_role_path
  permissions_boundary = var.iam_role_permissions_boundary
  description          = "Allows a bastion to open sessions of Session Manager"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "this" {
  # checkov:skip=CKV_AWS_290: none of these actions takes a resource
  # checkov:skip=CKV_AWS_355: none of these actions takes a resource
  count = local.count

  name = "open-sessions"
  role = aws_iam_role.this[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
      Sid    = "OpenSessions"
      Effect = "Allow"
      Action = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = "*"
    }]
  })
}

resource "aws_iam_instance_profile" "this" {
  count = local.count

  name_prefix = "${var.name}-"
  path        = var.iam_role_path
  role        = aws_iam_role.this[0].name

  tags = var.tags
}
