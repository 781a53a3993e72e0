# PostgreSQL 18 with pgvector: two zones, any second of the last weeks, and a copy in the second region.
variable "name" { type = string }
variable "vpc_id" { type = string }
variable "subnets" { type = list(string) }
variable "clients" {
  type        = string
  description = "Security group of who may connect."
}
variable "second_subnet_group" {
  type        = string
  description = "Subnet group of the second region; empty: its default one."
}
variable "size" { type = string }
variable "storage_gb" { type = number }
variable "two_zones" { type = bool }
variable "keep_days" { type = number }
variable "copy" { type = bool }
variable "key_arn" { type = string }
variable "second_key_arn" { type = string }

resource "aws_db_subnet_group" "main" {
  name       = var.name
  subnet_ids = var.subnets
}

resource "aws_security_group" "main" {
  name        = "${var.name}-database"
  description = "PostgreSQL, from the cluster alone"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  security_group_id            = aws_security_group.main.id
  referenced_security_group_id = var.clients
  description                  = "The cluster"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_parameter_group" "main" {
  name   = "${var.name}-18"
  family = "postgres18"
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  parameter {
    name  = "ssl_min_protocol_version"
    value = "TLSv1.3"
  }
  parameter {
    name         = "shared_preload_libraries"
    value        = "pg_stat_statements"
    apply_method = "pending-reboot"
  }
  # A statement that takes longer is written down, without what it was given.
  parameter {
    name  = "log_min_duration_statement"
    value = "2000"
  }
  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "main" {
  identifier                      = var.name
  engine                          = "postgres"
  engine_version                  = "18"
  instance_class                  = var.size
  db_name                         = "deskfleet"
  username                        = "deskfleet"
  manage_master_user_password     = true
  master_user_secret_kms_key_id   = var.key_arn
  allocated_storage               = var.storage_gb
  max_allocated_storage           = var.storage_gb * 4
  storage_type                    = "gp3"
  storage_encrypted               = true
  kms_key_id                      = var.key_arn
  multi_az                        = var.two_zones
  db_subnet_group_name            = aws_db_subnet_group.main.name
  vpc_security_group_ids          = [aws_security_group.main.id]
  parameter_group_name            = aws_db_parameter_group.main.name
  publicly_accessible             = false
  backup_retention_period         = var.keep_days
  backup_window                   = "01:00-01:30"
  maintenance_window              = "sun:05:00-sun:06:00"
  copy_tags_to_snapshot           = true
  deletion_protection             = true
  skip_final_snapshot             = false
  final_snapshot_identifier       = "${var.name}-final"
  auto_minor_version_upgrade      = true
  ca_cert_identifier              = "rds-ca-rsa2048-g1"
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.key_arn
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
}

# AWS makes a new master password every month; the desk uses a role of its own (docs/operations.md, Secrets).
resource "aws_secretsmanager_secret_rotation" "master" {
  secret_id = aws_db_instance.main.master_user_secret[0].secret_arn
  rotation_rules {
    automatically_after_days = 30
  }
}

resource "aws_db_instance" "copy" {
  count                           = var.copy ? 1 : 0
  provider                        = aws.second
  identifier                      = "${var.name}-copy"
  replicate_source_db             = aws_db_instance.main.arn
  instance_class                  = var.size
  storage_encrypted               = true
  kms_key_id                      = var.second_key_arn
  multi_az                        = false
  publicly_accessible             = false
  backup_retention_period         = var.keep_days
  deletion_protection             = true
  skip_final_snapshot             = true
  db_subnet_group_name            = var.second_subnet_group == "" ? null : var.second_subnet_group
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.second_key_arn
  auto_minor_version_upgrade      = true
  copy_tags_to_snapshot           = true
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
}

# The copy has the mistakes of the first: the backups are copied too.
resource "aws_db_instance_automated_backups_replication" "second" {
  count                  = var.copy ? 1 : 0
  provider               = aws.second
  source_db_instance_arn = aws_db_instance.main.arn
  kms_key_id             = var.second_key_arn
  retention_period       = var.keep_days
}

output "endpoint" { value = aws_db_instance.main.endpoint }
