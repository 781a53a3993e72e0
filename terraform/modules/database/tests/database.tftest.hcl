# What the module decides by its variables, without an account.
mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = {
      arn                = "arn:aws:rds:us-east-1:000000000000:db:desk"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:master" }]
    }
  }
}
mock_provider "aws" {
  alias = "second"
}

variables {
  name                = "desk"
  vpc_id              = "vpc-1"
  subnets             = ["subnet-1", "subnet-2"]
  clients             = "sg-1"
  second_subnet_group = ""
  size                = "db.m7g.xlarge"
  storage_gb          = 200
  two_zones           = true
  keep_days           = 35
  copy                = true
  key_arn             = "arn:aws:kms:us-east-1:000000000000:key/1"
  second_key_arn      = "arn:aws:kms:eu-west-1:000000000000:key/2"
}

run "what_must_last_is_copied_to_the_second_region_under_its_own_key" {
  assert {
    condition     = length(aws_db_instance.copy) == 1 && aws_db_instance.copy[0].kms_key_id == var.second_key_arn
    error_message = "there is no copy, or it is sealed by the first region's key"
  }
  assert {
    condition     = aws_db_instance_automated_backups_replication.second[0].retention_period == 35
    error_message = "the backups are not copied for as long as they are kept"
  }
  assert {
    condition     = aws_db_instance.main.multi_az && aws_db_instance.main.deletion_protection
    error_message = "it does not survive a zone, or a mistake"
  }
  assert {
    condition     = aws_db_instance.main.max_allocated_storage == 800
    error_message = "the disk cannot grow"
  }
}

run "staging_goes_without_copies_and_is_sealed_all_the_same" {
  variables {
    two_zones = false
    keep_days = 7
    copy      = false
  }
  assert {
    condition     = length(aws_db_instance.copy) == 0 && length(aws_db_instance_automated_backups_replication.second) == 0
    error_message = "staging pays for a copy"
  }
  assert {
    condition     = aws_db_instance.main.storage_encrypted && aws_db_instance.main.kms_key_id == var.key_arn
    error_message = "the disk is not sealed by the desk's key"
  }
}

run "only_the_cluster_gets_in_and_by_tls_1_3" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients.referenced_security_group_id == var.clients && aws_vpc_security_group_ingress_rule.clients.from_port == 5432
    error_message = "others than the cluster may connect"
  }
  assert {
    condition     = contains([for one in aws_db_parameter_group.main.parameter : one.value if one.name == "ssl_min_protocol_version"], "TLSv1.3")
    error_message = "older TLS is spoken"
  }
}
