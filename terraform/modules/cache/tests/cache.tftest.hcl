mock_provider "aws" {}

variables {
  name     = "desk"
  vpc_id   = "vpc-1"
  subnets  = ["subnet-1", "subnet-2"]
  clients  = "sg-1"
  size     = "cache.m7g.large"
  replicas = 1
  token    = "0123456789abcdef"
  key_arn  = "arn:aws:kms:us-east-1:000000000000:key/1"
}

run "it_is_sealed_and_speaks_tls_alone_to_who_knows_the_token" {
  assert {
    condition     = aws_elasticache_replication_group.main.at_rest_encryption_enabled == "true" && aws_elasticache_replication_group.main.kms_key_id == var.key_arn
    error_message = "what it keeps is not sealed by the desk's key"
  }
  assert {
    condition     = aws_elasticache_replication_group.main.transit_encryption_enabled && aws_elasticache_replication_group.main.transit_encryption_mode == "required"
    error_message = "it may be spoken to in the open"
  }
  assert {
    condition     = aws_elasticache_replication_group.main.auth_token == var.token
    error_message = "who is in the network needs no token"
  }
}

run "only_the_cluster_gets_in" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients.referenced_security_group_id == var.clients && aws_vpc_security_group_ingress_rule.clients.from_port == 6379 && aws_vpc_security_group_ingress_rule.clients.to_port == 6379
    error_message = "others than the cluster may connect, or to other ports"
  }
  assert {
    condition     = aws_elasticache_replication_group.main.security_group_ids == toset([aws_security_group.main.id]) && aws_elasticache_subnet_group.main.subnet_ids == toset(var.subnets)
    error_message = "it stands elsewhere than in the private subnets, behind its group"
  }
}

run "with_a_second_it_survives_a_zone" {
  assert {
    condition     = aws_elasticache_replication_group.main.num_cache_clusters == 2 && aws_elasticache_replication_group.main.multi_az_enabled && aws_elasticache_replication_group.main.automatic_failover_enabled
    error_message = "it is lost with its zone"
  }
}

run "staging_has_one_alone" {
  variables {
    replicas = 0
  }
  assert {
    condition     = aws_elasticache_replication_group.main.num_cache_clusters == 1 && !aws_elasticache_replication_group.main.multi_az_enabled && !aws_elasticache_replication_group.main.automatic_failover_enabled
    error_message = "staging pays for a second, or AWS refuses to fail over to none"
  }
}
