# One key for all stores of an environment, with its replica where the copies are.
variable "name" { type = string }
variable "account" { type = string }
variable "region" { type = string }

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${var.account}:root"]
    }
  }
  statement {
    sid       = "Logs"
    actions   = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "main" {
  description             = "${var.name}: everything at rest"
  enable_key_rotation     = true
  multi_region            = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "main" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.main.id
}

resource "aws_kms_replica_key" "second" {
  provider                = aws.second
  description             = "${var.name}: the copies"
  primary_key_arn         = aws_kms_key.main.arn
  deletion_window_in_days = 30
}

output "key_arn" { value = aws_kms_key.main.arn }
output "second_key_arn" { value = aws_kms_replica_key.second.arn }
