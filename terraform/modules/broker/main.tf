# RabbitMQ of Amazon MQ: wake-ups and events, which the rows can replace.
variable "name" { type = string }
variable "vpc_id" { type = string }
variable "subnets" { type = list(string) }
variable "clients" { type = string }
variable "size" { type = string }
variable "clustered" { type = bool }
variable "password" {
  type      = string
  sensitive = true
}
variable "key_arn" { type = string }

resource "aws_security_group" "main" {
  name        = "${var.name}-broker"
  description = "RabbitMQ over TLS, from the cluster alone"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  security_group_id            = aws_security_group.main.id
  referenced_security_group_id = var.clients
  description                  = "The cluster"
  ip_protocol                  = "tcp"
  from_port                    = 5671
  to_port                      = 5671
}

resource "aws_mq_broker" "main" {
  broker_name                = var.name
  engine_type                = "RabbitMQ"
  engine_version             = "3.13"
  host_instance_type         = var.size
  deployment_mode            = var.clustered ? "CLUSTER_MULTI_AZ" : "SINGLE_INSTANCE"
  subnet_ids                 = var.clustered ? var.subnets : [var.subnets[0]]
  security_groups            = [aws_security_group.main.id]
  publicly_accessible        = false
  auto_minor_version_upgrade = true

  encryption_options {
    use_aws_owned_key = false
    kms_key_id        = var.key_arn
  }
  logs {
    general = true
  }
  maintenance_window_start_time {
    day_of_week = "SUNDAY"
    time_of_day = "04:00"
    time_zone   = "UTC"
  }
  user {
    username = "deskfleet"
    password = var.password
  }
}

output "endpoint" { value = aws_mq_broker.main.instances[0].endpoints[0] }
