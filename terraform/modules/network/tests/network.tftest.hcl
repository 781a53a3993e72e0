# Everything but the load balancer is without a way in, and each zone has a way out of its own where it must last.
mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:000000000000:log-group:flows" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::000000000000:role/flows" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name        = "desk"
  cidr        = "10.0.0.0/16"
  zones       = ["us-east-1a", "us-east-1b", "us-east-1c"]
  one_gateway = false
  key_arn     = "arn:aws:kms:us-east-1:000000000000:key/1"
}

run "private_subnets_have_a_way_out_and_none_in" {
  assert {
    condition     = output.private_subnets == [for zone in var.zones : aws_subnet.private[zone].id]
    error_message = "what is called private is something else"
  }
  assert {
    condition     = alltrue([for one in aws_subnet.private : one.map_public_ip_on_launch != true])
    error_message = "a machine in a private subnet gets a public address"
  }
  assert {
    condition     = alltrue([for zone in var.zones : [for one in aws_route_table.private[zone].route : one.nat_gateway_id] == [aws_nat_gateway.out[zone].id]])
    error_message = "a zone does not go out by its own gateway"
  }
  assert {
    condition     = alltrue([for one in aws_route_table.private : alltrue([for way in one.route : way.gateway_id == null || way.gateway_id == ""])])
    error_message = "a private subnet is routed to the internet"
  }
  assert {
    condition     = alltrue([for zone in var.zones : aws_route_table_association.private[zone].route_table_id == aws_route_table.private[zone].id])
    error_message = "a private subnet follows another route table"
  }
}

run "subnets_do_not_overlap" {
  assert {
    condition     = [for zone in var.zones : aws_subnet.private[zone].cidr_block] == ["10.0.32.0/19", "10.0.64.0/19", "10.0.96.0/19"]
    error_message = "the private ranges have changed: subnets would be made anew"
  }
  assert {
    condition     = [for zone in var.zones : aws_subnet.public[zone].cidr_block] == ["10.0.0.0/22", "10.0.4.0/22", "10.0.8.0/22"]
    error_message = "the public ranges have changed, or lie in the private ones"
  }
}

run "the_group_that_nobody_chose_lets_nothing_through" {
  assert {
    condition     = length(aws_default_security_group.none.ingress) == 0 && length(aws_default_security_group.none.egress) == 0
    error_message = "what has no security group of its own can be reached"
  }
}

run "what_passes_is_written_down_and_sealed" {
  assert {
    condition     = aws_flow_log.all.traffic_type == "ALL" && aws_flow_log.all.log_destination == aws_cloudwatch_log_group.flows.arn
    error_message = "a part of the traffic leaves no trace"
  }
  assert {
    condition     = aws_cloudwatch_log_group.flows.kms_key_id == var.key_arn && aws_cloudwatch_log_group.flows.retention_in_days == 365
    error_message = "the trace is not sealed by the desk's key, or ends too early"
  }
}

run "staging_goes_out_by_one_gateway" {
  variables {
    one_gateway = true
  }
  assert {
    condition     = keys(aws_nat_gateway.out) == ["us-east-1a"]
    error_message = "staging pays for a gateway in each zone"
  }
  assert {
    condition     = alltrue([for one in aws_route_table.private : [for way in one.route : way.nat_gateway_id] == [aws_nat_gateway.out["us-east-1a"].id]])
    error_message = "a zone has no way out"
  }
}
