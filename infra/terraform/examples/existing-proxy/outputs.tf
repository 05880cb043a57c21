output "invoke_command" {
  description = "Tests the database now and prints the report."
  value       = module.probe.invoke_command
}
