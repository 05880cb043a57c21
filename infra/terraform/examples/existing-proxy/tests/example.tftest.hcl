# The example as a whole: nothing of it asks AWS. `terraform test` runs it.

mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  region        = "eu-west-1"
  proxy_name    = "app"
  database_user = "app"
  package_file  = "versions.tf" # any file: nothing is uploaded
}

run "the_probe_runs_where_the_proxy_is" {
  command = apply

  assert {
    condition     = strcontains(output.invoke_command, "--function-name rds-proxy-probe")
    error_message = output.invoke_command
  }
}

run "a_plan_knows_what_it_will_create" {
  command = plan
}
