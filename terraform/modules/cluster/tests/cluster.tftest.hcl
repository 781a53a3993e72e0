# Workers on spot machines, everything sealed, and an API that strangers do not reach.
mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::000000000000:role/cluster" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-00000000000000000" }
  }
  mock_resource "aws_eks_cluster" {
    defaults = { identity = [{ oidc = [{ issuer = "https://oidc.example.com/id/1" }] }] }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name               = "desk"
  vpc_id             = "vpc-1"
  subnets            = ["subnet-1", "subnet-2"]
  key_arn            = "arn:aws:kms:us-east-1:000000000000:key/1"
  kubernetes_version = "1.33"
  steady             = { types = ["m7g.large"], min = 3, max = 8 }
  spot               = { types = ["m7g.large", "m6g.large"], min = 2, max = 12 }
  administrators     = []
}

run "workers_run_on_spot_machines_of_several_kinds_and_the_rest_does_not" {
  assert {
    condition     = { for name, one in aws_eks_node_group.all : name => one.capacity_type } == { spot = "SPOT", steady = "ON_DEMAND" }
    error_message = "machines that may go at any moment serve, or workers run on dear ones"
  }
  assert {
    condition     = aws_eks_node_group.all["spot"].instance_types == tolist(var.spot.types) && aws_eks_node_group.all["steady"].instance_types == tolist(var.steady.types)
    error_message = "a group has the machines of another: spot machines of one kind go together"
  }
  assert {
    condition     = aws_eks_node_group.all["spot"].scaling_config[0].max_size == 12 && aws_eks_node_group.all["spot"].scaling_config[0].min_size == 2
    error_message = "the workers cannot grow as far as they should"
  }
  assert {
    condition     = alltrue([for one in aws_eks_node_group.all : one.subnet_ids == toset(var.subnets)])
    error_message = "machines stand elsewhere than in the private subnets"
  }
}

run "secrets_and_disks_are_sealed_and_metadata_is_the_machines_alone" {
  assert {
    condition     = aws_eks_cluster.main.encryption_config[0].provider[0].key_arn == var.key_arn && aws_eks_cluster.main.encryption_config[0].resources == toset(["secrets"])
    error_message = "the cluster's secrets are not sealed by the desk's key"
  }
  assert {
    condition     = aws_launch_template.nodes.block_device_mappings[0].ebs[0].encrypted == "true" && aws_launch_template.nodes.block_device_mappings[0].ebs[0].kms_key_id == var.key_arn
    error_message = "a machine's disk is not sealed by the desk's key"
  }
  assert {
    condition     = aws_launch_template.nodes.metadata_options[0].http_tokens == "required" && aws_launch_template.nodes.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "a container may ask for the machine's credentials"
  }
}

run "the_api_is_reached_from_inside_alone_and_tells_who_did_what" {
  assert {
    condition     = aws_eks_cluster.main.vpc_config[0].endpoint_private_access && !aws_eks_cluster.main.vpc_config[0].endpoint_public_access
    error_message = "the cluster's API is public"
  }
  assert {
    condition     = contains(aws_eks_cluster.main.enabled_cluster_log_types, "audit") && aws_eks_cluster.main.access_config[0].authentication_mode == "API"
    error_message = "nobody can say who did what"
  }
  assert {
    condition     = jsondecode(aws_eks_addon.network.configuration_values).enableNetworkPolicy == "true"
    error_message = "network policies are written and not obeyed"
  }
}

run "named_networks_alone_reach_it_from_outside" {
  variables {
    administrators = ["192.0.2.0/24"]
  }
  assert {
    condition     = aws_eks_cluster.main.vpc_config[0].endpoint_public_access && aws_eks_cluster.main.vpc_config[0].public_access_cidrs == toset(["192.0.2.0/24"])
    error_message = "others than the named networks reach the API"
  }
}
