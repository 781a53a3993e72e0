# Images: a tag is never given twice, each is scanned, and the second region has them too.
variable "name" { type = string }
variable "account" { type = string }
variable "second_region" { type = string }
variable "key_arn" { type = string }
variable "second_key_arn" { type = string }

resource "aws_ecr_repository" "main" {
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.key_arn
  }
}

# A replicated repository would be made without our key.
resource "aws_ecr_repository" "second" {
  provider             = aws.second
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.second_key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "main" {
  repository = aws_ecr_repository.main.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "The last hundred are kept, enough to go back."
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 100 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_ecr_replication_configuration" "second" {
  replication_configuration {
    rule {
      destination {
        region      = var.second_region
        registry_id = var.account
      }
      repository_filter {
        filter      = var.name
        filter_type = "PREFIX_MATCH"
      }
    }
  }
  depends_on = [aws_ecr_repository.second]
}

output "url" { value = aws_ecr_repository.main.repository_url }
