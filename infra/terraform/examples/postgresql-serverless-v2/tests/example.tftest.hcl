# The example as a whole: nothing of it asks AWS. `terraform test` runs it.

mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  region             = "eu-west-1"
  package_file       = "versions.tf" # any file: nothing is uploaded
  users_package_file = "versions.tf"
}

run "a_plan_knows_what_it_will_create" {
  command = plan
}

run "a_probe_for_each_endpoint" {
  command = apply

  assert {
    condition     = toset(keys(output.invoke_commands)) == toset(["reader", "writer"])
    error_message = "Writer and reader."
  }
  assert {
    condition     = output.proxy_id == "prx-0123456789abcdef0" && strcontains(output.tunnel_command, "AWS-StartPortForwardingSessionToRemoteHost")
    error_message = "What is needed to create users and clients."
  }
}
