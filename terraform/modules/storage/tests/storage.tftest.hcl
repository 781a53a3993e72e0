# Each bucket and its copy: sealed, closed, versioned, over TLS 1.3 alone, gone after 90 days, copied within 15 minutes.
mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::desk-files" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::000000000000:role/desk" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}
mock_provider "aws" {
  alias = "second"
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::desk-files-copy" }
  }
}

variables {
  name           = "desk"
  key_arn        = "arn:aws:kms:us-east-1:000000000000:key/1"
  second_key_arn = "arn:aws:kms:eu-west-1:000000000000:key/2"
  issuer         = "oidc.example.com/id/1"
  identity_arn   = "arn:aws:iam::000000000000:oidc-provider/oidc.example.com"
}

run "every_bucket_is_sealed_by_the_key_of_its_region" {
  assert {
    condition     = [for name in ["backups", "files"] : one(aws_s3_bucket_server_side_encryption_configuration.main[name].rule).apply_server_side_encryption_by_default[0].kms_master_key_id] == [var.key_arn, var.key_arn]
    error_message = "a bucket is not sealed by the desk's key"
  }
  assert {
    condition     = [for name in ["backups", "files"] : one(aws_s3_bucket_server_side_encryption_configuration.second[name].rule).apply_server_side_encryption_by_default[0].kms_master_key_id] == [var.second_key_arn, var.second_key_arn]
    error_message = "a copy is not sealed by the key of its region"
  }
  assert {
    condition     = alltrue([for one in concat(values(aws_s3_bucket_server_side_encryption_configuration.main), values(aws_s3_bucket_server_side_encryption_configuration.second)) : one(one.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"])
    error_message = "a bucket is sealed by a key that is not ours"
  }
}

run "none_is_public_and_none_forgets_versions" {
  assert {
    condition     = length(aws_s3_bucket_public_access_block.main) == 2 && length(aws_s3_bucket_public_access_block.second) == 2 && alltrue([for one in concat(values(aws_s3_bucket_public_access_block.main), values(aws_s3_bucket_public_access_block.second)) : one.block_public_acls && one.block_public_policy && one.ignore_public_acls && one.restrict_public_buckets])
    error_message = "a bucket may become public"
  }
  assert {
    condition     = length(aws_s3_bucket_versioning.main) == 2 && length(aws_s3_bucket_versioning.second) == 2 && alltrue([for one in concat(values(aws_s3_bucket_versioning.main), values(aws_s3_bucket_versioning.second)) : one.versioning_configuration[0].status == "Enabled"])
    error_message = "what is overwritten is lost"
  }
}

run "what_is_deleted_is_gone_after_ninety_days" {
  assert {
    condition     = alltrue([for one in concat(values(aws_s3_bucket_lifecycle_configuration.main), values(aws_s3_bucket_lifecycle_configuration.second)) : one.rule[0].status == "Enabled" && one.rule[0].noncurrent_version_expiration[0].noncurrent_days == 90])
    error_message = "deleted files are kept for another time than 90 days"
  }
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.second) == 2
    error_message = "what was deleted stays in a copy for ever"
  }
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.main["backups"].rule[0].expiration[0].days == 90 && length(aws_s3_bucket_lifecycle_configuration.main["files"].rule[0].expiration) == 0
    error_message = "backups are kept for ever, or files of tickets expire"
  }
  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.main["files"].rule[0].transition).days == 90
    error_message = "lasting files never become cheap"
  }
}

run "nothing_below_tls_1_3_is_spoken" {
  assert {
    condition     = alltrue([for one in data.aws_iam_policy_document.tls : length([for said in one.statement : said if said.effect == "Deny" && said.sid == "NothingBelowTls13" && one(said.condition).variable == "s3:TlsVersion" && one(said.condition).test == "NumericLessThan" && one(said.condition).values == tolist(["1.3"])]) == 1])
    error_message = "older TLS is spoken"
  }
  assert {
    condition     = alltrue([for one in data.aws_iam_policy_document.tls : length([for said in one.statement : said if said.effect == "Deny" && one(said.condition).variable == "aws:SecureTransport" && contains(said.actions, "s3:*")]) == 1])
    error_message = "a bucket may be spoken to in the open"
  }
  assert {
    condition     = keys(aws_s3_bucket_policy.tls) == ["backups", "files"]
    error_message = "a bucket has no policy"
  }
}

run "everything_is_copied_within_a_quarter_of_an_hour" {
  assert {
    condition     = alltrue([for name, one in aws_s3_bucket_replication_configuration.main : one.rule[0].status == "Enabled" && one.rule[0].destination[0].bucket == aws_s3_bucket.second[name].arn && one.rule[0].destination[0].replication_time[0].time[0].minutes == 15]) && length(aws_s3_bucket_replication_configuration.main) == 2
    error_message = "a bucket is not copied in time"
  }
  assert {
    condition     = alltrue([for one in aws_s3_bucket_replication_configuration.main : one.rule[0].destination[0].encryption_configuration[0].replica_kms_key_id == var.second_key_arn && one.rule[0].source_selection_criteria[0].sse_kms_encrypted_objects[0].status == "Enabled"])
    error_message = "sealed files are not copied, or not sealed there"
  }
}

run "the_pods_may_use_the_files_and_nothing_else" {
  assert {
    condition     = flatten([for one in jsondecode(aws_iam_role_policy.files.policy).Statement : one.Action]) == ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "kms:Decrypt", "kms:GenerateDataKey"]
    error_message = "the pods may do more, or less, than they need"
  }
  assert {
    condition     = one(one(data.aws_iam_policy_document.files_assume.statement).condition).values == tolist(["system:serviceaccount:deskfleet:deskfleet"])
    error_message = "other pods may take the role"
  }
}
