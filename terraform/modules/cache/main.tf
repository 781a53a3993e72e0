# Redis for limits, breakers and caches: nothing that must survive, but quick and with a second.
variable "name" { type = string }
variable "vpc_id" { type = string }
variable "subnets" { type = list(string) }
variable "clients" { type = string }
variable "size" { type = string }
variable "replicas" { type = number }
variable "token" {
  type      = string
  sensitive = true
}
variable "key_arn" { type = string }

resource "aws_elasticache_subnet_group" "main" {
  name       = var.name
  subnet_ids = var.subnets
}

resource "aws_security_group" "main" {
  name        = "${var.name}-cache"
  description = "Redis, from the cluster alone"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  security_group_id            = aws_security_group.main.id
  referenced_security_group_id = var.clients
  description                  = "The cluster"
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

resource "aws_elasticache_replication_group" "main" {
  replication_group_id       = var.name
  description                = "Limits, breakers and caches of ${var.name}"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = var.size
  num_cache_clusters         = var.replicas + 1
  automatic_failover_enabled = var.replicas > 0
  multi_az_enabled           = var.replicas > 0
  subnet_group_name          = aws_elasticache_subnet_group.main.name
  security_group_ids         = [aws_security_group.main.id]
  at_rest_encryption_enabled = true
  kms_key_id                 = var.key_arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  auth_token                 = var.token
}

output "endpoint" { value = aws_elasticache_replication_group.main.primary_endpoint_address }
