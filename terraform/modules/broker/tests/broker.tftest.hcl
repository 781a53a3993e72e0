mock_provider "aws" {
  mock_resource "aws_mq_broker" {
    defaults = { instances = [{ endpoints = ["amqps://broker.example.com:5671"] }] }
  }
}

variables {
  name      = "desk"
  vpc_id    = "vpc-1"
  subnets   = ["subnet-1", "subnet-2", "subnet-3"]
  clients   = "sg-1"
  size      = "mq.m5.large"
  clustered = true
  password  = "0123456789abcdef"
  key_arn   = "arn:aws:kms:us-east-1:000000000000:key/1"
}

run "it_is_sealed_and_not_public" {
  assert {
    condition     = !aws_mq_broker.main.encryption_options[0].use_aws_owned_key && aws_mq_broker.main.encryption_options[0].kms_key_id == var.key_arn
    error_message = "what waits in it is not sealed by the desk's key"
  }
  assert {
    condition     = !aws_mq_broker.main.publicly_accessible
    error_message = "strangers reach it"
  }
}

run "only_the_cluster_gets_in_and_by_tls" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients.referenced_security_group_id == var.clients && aws_vpc_security_group_ingress_rule.clients.from_port == 5671 && aws_vpc_security_group_ingress_rule.clients.to_port == 5671
    error_message = "others than the cluster may connect, or in the open"
  }
  assert {
    condition     = aws_mq_broker.main.security_groups == toset([aws_security_group.main.id])
    error_message = "it is not behind its group"
  }
}

run "three_of_them_survive_a_zone" {
  assert {
    condition     = aws_mq_broker.main.deployment_mode == "CLUSTER_MULTI_AZ" && aws_mq_broker.main.subnet_ids == toset(var.subnets)
    error_message = "it is lost with its zone"
  }
}

run "staging_has_one_in_one_subnet" {
  variables {
    clustered = false
  }
  assert {
    condition     = aws_mq_broker.main.deployment_mode == "SINGLE_INSTANCE" && aws_mq_broker.main.subnet_ids == toset(["subnet-1"])
    error_message = "staging pays for a cluster, or AWS refuses one instance in several subnets"
  }
}
