# The application: a placeholder for yours, on Fargate in the private subnets. What matters here are its
# role, which may log in as one database user of the proxy, and its security group.

resource "aws_ecs_cluster" "application" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "application" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.application.arn
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions = jsonencode([{
    name                   = "application"
    image                  = var.image
    essential              = true
    readonlyRootFilesystem = true
    portMappings           = [{ containerPort = var.application_port }]
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp" }]
    environment = [
      { name = "DB_HOST", value = module.proxy.endpoint },
      { name = "DB_PORT", value = tostring(module.proxy.port) },
      { name = "DB_NAME", value = module.database.database_name },
      { name = "DB_USER", value = "app" },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.application.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "application"
      }
    }
  }])

  volume {
    name = "tmp"
  }
}

resource "aws_ecs_service" "application" {
  name            = var.name
  cluster         = aws_ecs_cluster.application.id
  task_definition = aws_ecs_task_definition.application.arn
  desired_count   = 2
  launch_type     = "FARGATE"

  network_configuration {
    subnets          = module.network.private_subnet_ids
    security_groups  = [aws_security_group.application.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.application.arn
    container_name   = "application"
    container_port   = var.application_port
  }

  depends_on = [aws_lb_listener.https]
}

resource "aws_cloudwatch_log_group" "application" {
  # checkov:skip=CKV_AWS_158: CloudWatch Logs encrypts every group
  # checkov:skip=CKV_AWS_338: a placeholder's log need not be kept for a year
  name              = "/example/${var.name}"
  retention_in_days = 30
}

resource "aws_iam_role" "application" {
  name_prefix        = "${var.name}-"
  description        = "What the application itself may do"
  assume_role_policy = local.assumed_by_tasks
}

resource "aws_iam_role_policy" "application" {
  name = "sign-in-to-the-database"
  role = aws_iam_role.application.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ConnectAsTheDatabaseUser"
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "${module.proxy.user_arn_prefix}app"
    }]
  })
}

# What Fargate does before the application runs: it writes logs. An image of ECR needs more:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
resource "aws_iam_role" "execution" {
  name_prefix        = "${var.name}-"
  description        = "What Fargate may do for the application"
  assume_role_policy = local.assumed_by_tasks
}

resource "aws_iam_role_policy" "execution" {
  name = "write-the-log"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteTheLog"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.application.arn}:*"
    }]
  })
}

locals {
  assumed_by_tasks = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_security_group" "application" {
  name_prefix = "${var.name}-application-"
  description = "The application, from its load balancer"
  vpc_id      = module.network.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "application" {
  security_group_id            = aws_security_group.application.id
  description                  = "The load balancer"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = var.application_port
  to_port                      = var.application_port
}

resource "aws_vpc_security_group_egress_rule" "application_proxy" {
  security_group_id            = aws_security_group.application.id
  description                  = "The proxy"
  referenced_security_group_id = module.proxy.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = module.proxy.port
  to_port                      = module.proxy.port
}

resource "aws_vpc_security_group_egress_rule" "application_https" {
  security_group_id = aws_security_group.application.id
  description       = "Image and logs by HTTPS, through NAT"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
