# Attachments and backups: versioned, encrypted, over TLS alone, with a copy in the second region.
variable "name" { type = string }
variable "key_arn" { type = string }
variable "second_key_arn" { type = string }
variable "issuer" { type = string }
variable "identity_arn" { type = string }

locals {
  buckets = toset(["files", "backups"])
}

resource "aws_s3_bucket" "main" {
  for_each = local.buckets
  bucket   = "${var.name}-${each.key}"
}

resource "aws_s3_bucket" "second" {
  for_each = local.buckets
  provider = aws.second
  bucket   = "${var.name}-${each.key}-copy"
}

resource "aws_s3_bucket_versioning" "main" {
  for_each = aws_s3_bucket.main
  bucket   = each.value.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_versioning" "second" {
  for_each = aws_s3_bucket.second
  provider = aws.second
  bucket   = each.value.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "main" {
  for_each                = aws_s3_bucket.main
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_public_access_block" "second" {
  for_each                = aws_s3_bucket.second
  provider                = aws.second
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "main" {
  for_each = aws_s3_bucket.main
  bucket   = each.value.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.key_arn
    }
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "second" {
  for_each = aws_s3_bucket.second
  provider = aws.second
  bucket   = each.value.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.second_key_arn
    }
  }
}

# What the desk has deleted is gone for good after 90 days; a lasting file is cheap after as many.
resource "aws_s3_bucket_lifecycle_configuration" "main" {
  for_each = aws_s3_bucket.main
  bucket   = each.value.id
  rule {
    id     = "ninety-days"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 90
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
    dynamic "transition" {
      for_each = each.key == "files" ? [1] : []
      content {
        days          = 90
        storage_class = "STANDARD_IA"
      }
    }
    dynamic "expiration" {
      for_each = each.key == "backups" ? [1] : []
      content {
        days = 90
      }
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "second" {
  for_each = aws_s3_bucket.second
  provider = aws.second
  bucket   = each.value.id
  rule {
    id     = "ninety-days"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 90
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

data "aws_iam_policy_document" "tls" {
  for_each = local.buckets
  statement {
    sid       = "NothingBelowTls13"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["arn:aws:s3:::${var.name}-${each.key}", "arn:aws:s3:::${var.name}-${each.key}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.3"]
    }
  }
  statement {
    sid       = "NothingInTheOpen"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["arn:aws:s3:::${var.name}-${each.key}", "arn:aws:s3:::${var.name}-${each.key}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "tls" {
  for_each = aws_s3_bucket.main
  bucket   = each.value.id
  policy   = data.aws_iam_policy_document.tls[each.key].json
}

data "aws_iam_policy_document" "replication_assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "replication" {
  name               = "${var.name}-replication"
  assume_role_policy = data.aws_iam_policy_document.replication_assume.json
}

resource "aws_iam_role_policy" "replication" {
  role = aws_iam_role.replication.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
        Resource = [for one in aws_s3_bucket.main : one.arn]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
        Resource = [for one in aws_s3_bucket.main : "${one.arn}/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
        Resource = [for one in aws_s3_bucket.second : "${one.arn}/*"]
      },
      { Effect = "Allow", Action = ["kms:Decrypt"], Resource = [var.key_arn] },
      { Effect = "Allow", Action = ["kms:Encrypt"], Resource = [var.second_key_arn] },
    ]
  })
}

resource "aws_s3_bucket_replication_configuration" "main" {
  for_each = aws_s3_bucket.main
  bucket   = each.value.id
  role     = aws_iam_role.replication.arn
  rule {
    id     = "all"
    status = "Enabled"
    filter {}
    delete_marker_replication {
      status = "Enabled"
    }
    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }
    destination {
      bucket        = aws_s3_bucket.second[each.key].arn
      storage_class = "STANDARD_IA"
      encryption_configuration {
        replica_kms_key_id = var.second_key_arn
      }
      replication_time {
        status = "Enabled"
        time {
          minutes = 15
        }
      }
      metrics {
        status = "Enabled"
        event_threshold {
          minutes = 15
        }
      }
    }
  }
  depends_on = [aws_s3_bucket_versioning.main, aws_s3_bucket_versioning.second]
}

# The pods' role: the files alone, and only for the desk's own account in the cluster.
data "aws_iam_policy_document" "files_assume" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [var.identity_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "${var.issuer}:sub"
      values   = ["system:serviceaccount:deskfleet:deskfleet"]
    }
  }
}

resource "aws_iam_role" "files" {
  name               = "${var.name}-files"
  assume_role_policy = data.aws_iam_policy_document.files_assume.json
}

resource "aws_iam_role_policy" "files" {
  role = aws_iam_role.files.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource = "${aws_s3_bucket.main["files"].arn}/*"
      },
      { Effect = "Allow", Action = ["s3:ListBucket"], Resource = aws_s3_bucket.main["files"].arn },
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.key_arn },
    ]
  })
}

output "buckets" { value = { for name, one in aws_s3_bucket.main : name => one.bucket } }
