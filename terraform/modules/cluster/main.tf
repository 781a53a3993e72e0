# EKS: steady machines for what serves, spot machines for workers, whose work another takes up when one goes.
variable "name" { type = string }
variable "vpc_id" { type = string }
variable "subnets" { type = list(string) }
variable "key_arn" { type = string }
variable "kubernetes_version" { type = string }
variable "steady" { type = object({ types = list(string), min = number, max = number }) }
variable "spot" { type = object({ types = list(string), min = number, max = number }) }
variable "administrators" {
  type        = list(string)
  description = "Networks that may reach the cluster's API; empty: from inside alone."
}

data "aws_iam_policy_document" "assume" {
  for_each = toset(["eks", "ec2"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "cluster" {
  name               = "${var.name}-cluster"
  assume_role_policy = data.aws_iam_policy_document.assume["eks"].json
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_iam_role" "nodes" {
  name               = "${var.name}-nodes"
  assume_role_policy = data.aws_iam_policy_document.assume["ec2"].json
}

resource "aws_iam_role_policy_attachment" "nodes" {
  for_each   = toset(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"])
  role       = aws_iam_role.nodes.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_eks_cluster" "main" {
  name                      = var.name
  version                   = var.kubernetes_version
  role_arn                  = aws_iam_role.cluster.arn
  enabled_cluster_log_types = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

  vpc_config {
    subnet_ids              = var.subnets
    endpoint_private_access = true
    endpoint_public_access  = length(var.administrators) > 0
    public_access_cidrs     = length(var.administrators) > 0 ? var.administrators : null
  }
  encryption_config {
    resources = ["secrets"]
    provider {
      key_arn = var.key_arn
    }
  }
  access_config {
    authentication_mode = "API"
  }
  depends_on = [aws_iam_role_policy_attachment.cluster]
}

# Machines answer their metadata to the machine alone, not to containers, and their disks are encrypted.
resource "aws_launch_template" "nodes" {
  name = "${var.name}-nodes"
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size = 80
      volume_type = "gp3"
      encrypted   = true
      kms_key_id  = var.key_arn
    }
  }
}

resource "aws_eks_node_group" "all" {
  for_each        = { steady = { kind = "ON_DEMAND", size = var.steady }, spot = { kind = "SPOT", size = var.spot } }
  cluster_name    = aws_eks_cluster.main.name
  node_group_name = each.key
  node_role_arn   = aws_iam_role.nodes.arn
  subnet_ids      = var.subnets
  capacity_type   = each.value.kind
  instance_types  = each.value.size.types
  labels          = { "deskfleet/machines" = each.key }

  scaling_config {
    min_size     = each.value.size.min
    max_size     = each.value.size.max
    desired_size = each.value.size.min
  }
  update_config {
    max_unavailable = 1
  }
  launch_template {
    id      = aws_launch_template.nodes.id
    version = aws_launch_template.nodes.latest_version
  }
  lifecycle {
    ignore_changes = [scaling_config[0].desired_size]
  }
  depends_on = [aws_iam_role_policy_attachment.nodes]
}

# Network policies are obeyed only when the network plugin is told to.
resource "aws_eks_addon" "network" {
  cluster_name         = aws_eks_cluster.main.name
  addon_name           = "vpc-cni"
  configuration_values = jsonencode({ enableNetworkPolicy = "true" })
}

resource "aws_iam_openid_connect_provider" "pods" {
  url            = aws_eks_cluster.main.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
}

output "name" { value = aws_eks_cluster.main.name }
output "issuer" { value = replace(aws_eks_cluster.main.identity[0].oidc[0].issuer, "https://", "") }
output "identity_arn" { value = aws_iam_openid_connect_provider.pods.arn }
output "security_group" { value = aws_eks_cluster.main.vpc_config[0].cluster_security_group_id }
