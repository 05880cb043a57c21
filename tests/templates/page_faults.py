"""Faults that a page's commands once had, or could have, each with a part of what is said of it."""

PROBE = ("ProxyEndpoint=app.proxy-abc123.eu-west-1.rds.amazonaws.com ProxyArn=prx-0123456789abcdef0 "
         "VpcId=vpc-0a SubnetIds=subnet-0a,subnet-0b")
DATABASE = "VpcId=vpc-0a SubnetIds=subnet-0a,subnet-0b"

FAULTS = [
    # Programs, verbs, files.
    ("podman run app", "podman is not a program"),
    ("make nothing", "no verb nothing"),
    ("make build-sam ARCHITECTURE=arm", "ARCHITECTURE is one of"),
    ("make demo CONFIG=demo", "does not take CONFIG"),
    ("cargo test -p nothing", "no package nothing"),
    ("cargo bulid", "cargo bulid is not known"),
    ("cd infra/nowhere", "no such folder"),
    ("cargo lambda invoke probe --data-file events/none.json", "no file events/none.json"),
    ("jq . report.json", "no file report.json"),
    ("target/debug/rds-proxy-emulator --pots 1", "no option --pots"),
    ("target/debug/rds-proxy-emulator --exec cargo bulid", "cargo bulid is not known"),
    ("rds-proxy-probe chekc", "no command chekc"),
    ("rds-proxy-probe check --hots a && echo", "no option --hots"),
    ("echo 'one", "has no end"),
    # Terraform.
    ("terraform init", "has nothing for Terraform"),
    ("cd infra/terraform/examples/existing-proxy\nterraform apply -var proxy=app", "no variable proxy"),
    ("cd infra/terraform/examples/existing-proxy\nterraform apply -var proxy_name=app",
     "database_user has no value"),
    ("cd infra/terraform/examples/existing-proxy\nterraform output -raw command", "no output command"),
    # The AWS CLI.
    ("aws lambda invoke --function-name NAME /dev/stdout", "mixes two documents"),
    ("aws rds describe-proxies", "no operation describe-proxies"),
    ("aws rdss describe-db-proxies", "rdss is no service"),
    ("aws rds describe-db-proxies --proxy-name app", "Unknown options"),
    ("aws lambda get-function-configuration", "required"),
    ("aws lambda get-function-configuration --function-name APP --query '{Role: Rol}'", "has no Rol"),
    ("aws lambda get-function-configuration --function-name APP --query 'VpcConfig.SubnetsIds'",
     "has no SubnetsIds"),
    ("aws rds describe-db-proxies --query 'DBProxies[?Status==`available`].{Name: DBProxy}'",
     "has no DBProxy"),
    ("aws rds describe-db-proxies --query 'DBProxies['", "Bad value"),
    ("aws lambda invoke --function-name NAME --payload fileb://events/none.json report.json",
     "events/none.json"),
    ("aws cloudformation describe-stacks --stack-name app --query "
     "\"Stacks[0].Outputs[?OutputKey=='RoleArm'].OutputValue\"", "output RoleArm"),
    # SAM.
    ("sam bulid", "no command bulid"),
    ("sam deploy --guidance", "No such option"),
    ("sam deploy --on-failure NOTHING", "is not one of"),
    ("sam deploy --config-env production --stack-name app", "no part production"),
    ("sam build --template infra/nothing.yaml", "there is no template"),
    ("sam deploy --guided", "nothing is built"),
    # Parameters.
    (f"sam deploy --parameter-overrides {PROBE} DatabaseUser=app", "needs access to the proxy"),
    (f"sam deploy --parameter-overrides {PROBE} ProxySecurityGroupId=sg-0a", "needs DatabaseUser"),
    (f"sam deploy --parameter-overrides {PROBE} DatabaseUser=app ProxySecurityGroupId=ID",
     "ProxySecurityGroupId: must be the id"),
    ("sam deploy --parameter-overrides DatabaseUser=app", "missing"),
    ("sam deploy --guided --parameter-overrides VpcId=ID", "VpcId is an id"),
    ("sam deploy --guided --parameter-overrides Gates=true", "no parameter Gates"),
    ("sam deploy --guided --parameter-overrides Gate=yes", "Gate: not one of"),
    # SAM cuts a value at its blank unless it is in its own quotation marks.
    ("sam deploy --guided --parameter-overrides 'ScheduleExpression=rate(1 minute)'",
     "ScheduleExpression: must be"),
    ("sam build --config-env demo\nsam deploy --guided --parameter-overrides DatabaseUser=app",
     "infra/demo.yaml has no parameter DatabaseUser"),
    ("make build-sam CONFIG=demo\nsam deploy --guided --parameter-overrides DatabaseUser=app",
     "infra/demo.yaml has no parameter DatabaseUser"),
    # Capabilities, and what only SAM uploads.
    ("sam deploy --template infra/demo.yaml --stack-name demo", "needs CAPABILITY_AUTO_EXPAND"),
    ("aws cloudformation deploy --stack-name database --template-file infra/database.yaml "
     f"--capabilities CAPABILITY_IAM --parameter-overrides {DATABASE}", "needs CAPABILITY_AUTO_EXPAND"),
    ("aws cloudformation deploy --stack-name demo --template-file infra/demo.yaml "
     "--capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND", "Network is a local file"),
    ("aws cloudformation deploy --stack-name shared --template-file "
     "infra/cross-account/shared-subnets.yaml --parameter-overrides AccountId=ACCOUNT SubnetArns=ARN",
     "AccountId: must be twelve digits"),
    # Samples that are no commands.
    ("```json\n{'code': 1}\n```\n", "cannot be read as json"),
    ("```yaml\nA: [1\n```\n", "cannot be read as yaml"),
    ("```yaml\nA: { Type: Custom::HealthyDatabasePath, Properties: { Version: 1 } }\n```\n",
     "no ServiceToken"),
    ("```yaml\nA:\n  Type: Custom::DatabaseUsers\n  Properties:\n    ServiceToken: arn\n"
     "    Users: [{ Name: app, Password: secret }]\n```\n", "no property Password"),
]
